// A workflow that was saved before Foley MM-DiT Sampler had a choice of solvers has no value for it, and was made with
// Euler's method: it keeps it, so that it sounds as before.

export const BEFORE = "euler";

// Whether a saved list of widgets' values ends before the widget in this place.
export function lacks(values, place) {
  return Array.isArray(values) && values.length <= place;
}

export function keepSolver(node) {
  const place = node.widgets?.findIndex((widget) => widget.name === "solver") ?? -1;
  if (place < 0) return;
  const { onConfigure } = node;
  node.onConfigure = function (saved) {
    onConfigure?.call(this, saved);
    if (lacks(saved?.widgets_values, place)) this.widgets[place].value = BEFORE;
  };
}
