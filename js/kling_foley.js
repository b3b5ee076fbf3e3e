// The pack's part in the page: a player on Foley Preview, `fps` only where it counts, and lists in its language.

import { api } from "../../scripts/api.js";
import { app } from "../../scripts/app.js";
import { nameEntries } from "./entries.mjs";
import { hideFrameRate } from "./frame_rate.mjs";
import { FoleyPlayer } from "./player/player.mjs";
import { LEAST_WIDTH } from "./player/style.mjs";
import { words } from "./player/words.mjs";
import { keepSolver } from "./solver.mjs";

const OURS = /^KlingFoley/;
const NODE = "KlingFoleyPreview";
const PICTURED = "KlingFoleyEvaluate"; // Nodes 2.0 takes the picture of a node with a VIDEO input for a film
const KEY = "kling_foley_preview"; // of the node's output: the host's own player sits behind "audio"
const MARGIN = 10; // pixels that the host leaves around a widget
const WIDTH = 640; // of a new node
const PICTURED_SIZE = [560, 620]; // of a new node: its text takes a share of the height, the picture the rest
const players = new Map(); // node -> player
let nodeDefs = {}; // of the page's language, as the locale file has them

const url = ({ filename, subfolder, type }) =>
  api.apiURL(`/view?${new URLSearchParams({ filename, subfolder, type })}`);

// The key of a node in the host's table of outputs: inside a subgraph it has the subgraph's id in front.
function outputKey(node) {
  return !node.graph || node.graph === node.graph.rootGraph ? String(node.id) : `${node.graph.id}:${node.id}`;
}

function show(node, player, output) {
  if (!player.show(output?.[KEY]?.[0])) return;
  const width = Math.max(node.size[0], LEAST_WIDTH);
  node.setSize([width, node.size[1]]);
  node.setSize([width, Math.max(node.size[1], node.computeSize()[1])]);
  node.graph?.setDirtyCanvas(true, true);
}

function addPlayer(node) {
  const player = new FoleyPlayer(words(app.extensionManager?.setting?.get("Comfy.Locale")), url);
  const widget = node.addDOMWidget("foley_player", "KLING_FOLEY_PLAYER", player.element, {
    serialize: false,
    hideOnZoom: false,
    margin: MARGIN,
    getValue: () => "",
    setValue: () => {},
    getMinHeight: () => player.height(node.size[0] - 2 * MARGIN) + 2 * MARGIN,
  });
  widget.serialize = false;
  node.setSize([Math.max(node.size[0], WIDTH), node.size[1]]);
  players.set(node, player);
  const { onExecuted, onRemoved } = node;
  node.onExecuted = function (output) {
    onExecuted?.call(this, output);
    show(node, player, output);
  };
  node.onRemoved = function () {
    onRemoved?.call(this);
    player.remove();
    players.delete(node);
  };
}

function makeRoom(node) {
  node.previewMediaType = "image";
  node.setSize(PICTURED_SIZE.map((least, k) => Math.max(node.size[k], least)));
}

app.registerExtension({
  name: "klingfoley.Preview",

  async setup() {
    const language = app.extensionManager?.setting?.get("Comfy.Locale");
    const answer = await api.fetchApi("/i18n");
    nodeDefs = (await answer.json())[language]?.nodeDefs ?? {};
  },

  nodeCreated(node) {
    if (OURS.test(node.comfyClass)) {
      hideFrameRate(node);
      keepSolver(node);
      nameEntries(node, nodeDefs[node.comfyClass]?.inputs);
    }
    if (node.comfyClass === PICTURED) makeRoom(node);
    if (node.comfyClass === NODE) addPlayer(node);
  },

  // Outputs that come back with a workflow's tab.
  onNodeOutputsUpdated(outputs) {
    for (const [node, player] of players) show(node, player, outputs[outputKey(node)]);
  },
});
