// Times as they are shown, and sizes that follow from them. Pure functions.

export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// 75.25 -> "1:15.3"
export function clock(seconds) {
  const tenths = Math.round(seconds * 10);
  return `${Math.floor(tenths / 600)}:${((tenths % 600) / 10).toFixed(1).padStart(4, "0")}`;
}

// Where the time axis is labelled: at most `most` steps, each a round number of seconds.
export function axis(seconds, most) {
  const round = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600];
  const step = round.find((s) => seconds / s <= most) ?? seconds;
  const count = Math.floor(seconds / step + 1e-6);
  return Array.from({ length: count + 1 }, (_, k) => ({ share: (k * step) / seconds, text: label(k * step, step) }));
}

function label(seconds, step) {
  if (step >= 60) return `${seconds / 60} min`;
  return `${step < 1 ? seconds.toFixed(1) : seconds} s`;
}

// By what a film at `shown` is to be slowed or hurried so that it comes back to the sound at `heard`; null where
// it must jump.
export function rate(shown, heard) {
  const behind = heard - shown;
  if (Math.abs(behind) > 0.4) return null;
  return Math.abs(behind) < 0.02 ? 1 : 1 + clamp(2 * behind, -0.25, 0.25);
}
