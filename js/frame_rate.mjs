// `fps` is the rate of images; a video knows its own. So it is hidden where a video is connected. Its value stays
// and is saved as before. Inside a blueprint the wire comes from its side, and what is connected outside is unknown:
// there it is always shown.

const SIDE = "-10"; // the page's number for where a blueprint's inputs come in

function connected(node, link) {
  return link != null && String(node.graph.getLink?.(link)?.origin_id) !== SIDE;
}

export function hideFrameRate(node) {
  const video = node.inputs?.findIndex((input) => input.name === "video") ?? -1;
  const fps = node.widgets?.find((widget) => widget.name === "fps");
  if (video < 0 || !fps) return;
  const set = () => {
    if (!node.graph) return;
    const hidden = connected(node, node.inputs[video]?.link);
    fps.hidden = hidden; // for the canvas
    (fps._state?.options ?? fps.options).hidden = hidden; // for Nodes 2.0, which watches the first
    node.graph.setDirtyCanvas(true, true);
  };
  for (const name of ["onConnectionsChange", "onConfigure", "onAdded"]) {
    const before = node[name];
    node[name] = function (...given) {
      const result = before?.apply(this, given);
      // A node that goes into a subgraph is made anew before the old one is taken away, and both share the options.
      queueMicrotask(set);
      return result;
    };
  }
}
