// Sizes and colours of the player, and its style sheet: dark as the pictures that the node draws.

export const SEEN = "#ff6b5e";
export const HEARD = "#5aa9ff";
export const TICK = 9; // pixels, the height of a mark
export const WAVE = 72;
const [GUTTER, AXIS, CONTROLS, GAP, PAD] = [76, 24, 40, 6, 8];
const [TAKE, NEXT] = [40, 4]; // of the takes' buttons: width, distance
const [LINE, LETTER, LINES] = [20, 8.5, 5]; // of a note: height, width, how many at most
const EMPTY = 96;
const NARROW = 400; // below that there is no room for words beside the rows
export const LEAST_WIDTH = 440;

// Width / height of the film's place: its own, but at least 16:9; a tall film would push all else away.
export const filmRatio = (film) => Math.max(film.aspect, 16 / 9);

// The player's height at a width, with all rows at their proportions; more height goes to the film.
export function playerHeight(width, shown) {
  if (!shown) return EMPTY;
  const inner = width - 2 * PAD;
  const axis = inner - PAD - (width > NARROW ? GUTTER : PAD);
  const film = shown.film?.file ? inner / filmRatio(shown.film) + GAP : 0;
  const strip = shown.film ? axis / shown.film.ratio + GAP : 0;
  const rows = WAVE + strip + GAP + axis / shown.ratio + AXIS;
  return Math.ceil(2 * PAD + film + rows + takesHeight(inner, shown.takes.length) + GAP + CONTROLS + noteHeight(inner, shown.note));
}

// A single take is not chosen.
function takesHeight(width, count) {
  const each = TAKE + NEXT;
  const inRow = Math.max(1, Math.floor((width + NEXT) / each));
  return count > 1 ? Math.ceil(count / inRow) * each - NEXT + GAP : 0;
}

function noteHeight(width, note) {
  return note ? Math.min(LINES, Math.ceil((note.length * LETTER) / width)) * LINE + GAP : 0;
}

export const CSS = `
  :host { display: block; container-type: inline-size; box-sizing: border-box; min-height: ${EMPTY}px; }
  .player { display: flex; flex-direction: column; gap: ${GAP}px; box-sizing: border-box; padding: ${PAD}px;
    height: 100%; min-height: ${EMPTY}px; border-radius: 8px; background: #202020; color: #dedede;
    font: 18px/1.2 system-ui, sans-serif; user-select: none; overflow: hidden; }
  [hidden] { display: none !important; }
  .empty { margin: auto; color: #b4b7bd; }
  .film { flex: 1 0 auto; position: relative; cursor: pointer; }
  .film video { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; background: #000;
    border-radius: 4px; }
  .stage { flex: none; margin: 0 ${PAD}px 0 ${GUTTER}px; }
  .rows { position: relative; display: flex; flex-direction: column; gap: ${GAP}px; cursor: pointer; touch-action: none;
    outline-offset: 1px; }
  .row { position: relative; }
  canvas, img { display: block; width: 100%; border-radius: 4px; }
  canvas { height: ${WAVE}px; background: #181818; }
  img { pointer-events: none; }
  .names > span { position: absolute; right: calc(100% + 8px); transform: translateY(-50%); color: #c6c9cf;
    white-space: nowrap; pointer-events: none; }
  .names > [data-word="seen"] { color: ${SEEN}; }
  .names > [data-word="heard"] { color: ${HEARD}; }
  .playhead { position: absolute; top: 0; bottom: 0; left: -1px; width: 2px; background: #fff; pointer-events: none;
    box-shadow: 0 0 2px #000; will-change: transform; }
  .axis { position: relative; height: ${AXIS}px; color: #c6c9cf; font-variant-numeric: tabular-nums; }
  .axis > span { position: absolute; top: 2px; transform: translateX(-50%); white-space: nowrap; }
  .axis > .last { transform: translateX(-100%); margin-left: ${PAD}px; }
  .controls { flex: none; display: flex; align-items: center; gap: 8px; height: ${CONTROLS}px; }
  .time { white-space: nowrap; font-variant-numeric: tabular-nums; }
  .takes { flex: none; display: flex; flex-wrap: wrap; gap: ${NEXT}px; }
  .takes > button { width: ${TAKE}px; height: ${TAKE}px; padding: 0; }
  .right { flex: none; margin-left: auto; display: flex; align-items: center; gap: 6px; }
  button, .button { flex: none; display: grid; place-items: center; box-sizing: border-box; min-width: 36px; height: 36px;
    padding: 0 8px; border: 1px solid #4a4c50; border-radius: 6px; background: #2e2f31; color: inherit; font: inherit;
    cursor: pointer; }
  button:hover, .button:hover { background: #3c3e41; }
  button[aria-pressed="true"] { background: #dedede; color: #202020; }
  :focus-visible { outline: 2px solid ${HEARD}; }
  svg { width: 20px; height: 20px; fill: currentColor; }
  [data-icon="mute"] svg { stroke: currentColor; stroke-width: 2; }
  .volume { width: 90px; margin: 0; accent-color: #dedede; cursor: pointer; }
  .note { flex: none; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: ${LINES}; overflow: hidden;
    color: #c6c9cf; font-size: 16px; line-height: ${LINE}px; }
  @container (max-width: 440px) { .volume { display: none; } }
  @container (max-width: ${NARROW}px) {
    .names, .mute { display: none; }
    .stage { margin-left: ${PAD}px; }
  }
`;
