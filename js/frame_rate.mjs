// `fps` is the rate of images; a video knows its own. So it is hidden where a video is connected. Its value stays
// and is saved as before.

export function hideFrameRate(node) {
  const video = node.inputs?.findIndex((input) => input.name === "video") ?? -1;
  const fps = node.widgets?.find((widget) => widget.name === "fps");
  if (video < 0 || !fps) return;
  const set = () => {
    const hidden = node.inputs[video]?.link != null;
    if (hidden === Boolean(fps.hidden)) return;
    fps.hidden = hidden; // for the canvas
    // For Nodes 2.0, which watches a copy of the options that only the widget leads to.
    for (const options of new Set([fps.options, fps._state?.options])) if (options) options.hidden = hidden;
    node.graph?.setDirtyCanvas(true, true);
  };
  for (const name of ["onConnectionsChange", "onConfigure", "onAdded"]) {
    const before = node[name];
    node[name] = function (...given) {
      const result = before?.apply(this, given);
      set();
      return result;
    };
  }
  set();
}
