// A player on the Foley Preview node: waveform, the film's sudden movements (red, above) and the onsets heard
// (blue, below), playhead, seeking. The node sends what it draws under a key of its own, "kling_foley_preview".

import { api } from "../../scripts/api.js";
import { app } from "../../scripts/app.js";

const NODE = "KlingFoleyPreview";
const KEY = "kling_foley_preview";
const HEIGHT = 108; // of the widget, in CSS pixels
const TICK = 7;
const STEP = 0.5; // seconds that an arrow key moves
const SEEN = "#d9534f"; // the picture's red and blue, a little lighter for dark themes
const HEARD = "#3d8bd9";
const players = new Set();

function element(tag, style, properties = {}) {
  const made = Object.assign(document.createElement(tag), properties);
  made.style.cssText = style;
  return made;
}

function clock(seconds) {
  const tenths = Math.round(seconds * 10);
  return `${Math.floor(tenths / 600)}:${((tenths % 600) / 10).toFixed(1).padStart(4, "0")}`;
}

// A key with one of these is the host's or the browser's shortcut.
function chord(event) {
  return event.ctrlKey || event.altKey || event.metaKey;
}

class FoleyPlayer {
  constructor(node) {
    this.node = node;
    this.shown = null; // the node's last output
    this.audio = new Audio();
    this.build();
    this.listen();
    this.refresh();
  }

  build() {
    const field = "border-radius: 6px; background: var(--comfy-input-bg, #222); cursor: pointer;";
    this.canvas = element(
      "canvas",
      `${field} flex: 1 1 0; min-height: 0; width: 100%; touch-action: none`,
      { tabIndex: 0, role: "slider", ariaLabel: "Position", ariaValueMin: "0" },
    );
    this.button = element(
      "button",
      `${field} flex: none; width: 30px; height: 24px; color: var(--input-text, #ddd);
      border: 1px solid var(--border-color, #444)`,
      { type: "button" },
    );
    this.time = element("span", "font-variant-numeric: tabular-nums; white-space: nowrap");
    const legend = element("span", "margin-left: auto; white-space: nowrap; overflow: hidden");
    const [seen, heard] = [[SEEN, "\u25be"], [HEARD, "\u25b4"]].map(([colour, mark]) =>
      element("span", `color: ${colour}`, { textContent: mark }),
    );
    legend.append(seen, " seen \u2002", heard, " heard");
    const row = element("div", "flex: none; display: flex; align-items: center; gap: 8px");
    row.append(this.button, this.time, legend);
    this.element = element(
      "div",
      `display: flex; flex-direction: column; gap: 4px; box-sizing: border-box; width: 100%; height: 100%;
      min-height: ${HEIGHT}px; font: 12px sans-serif; color: var(--descrip-text, #999)`,
    );
    this.element.append(this.canvas, row);
  }

  listen() {
    for (const name of ["play", "pause", "ended", "loadedmetadata", "seeked", "error"]) {
      this.audio.addEventListener(name, () => this.refresh());
    }
    this.button.addEventListener("click", () => this.toggle());
    this.canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return; // the host's: menu, panning
      this.canvas.setPointerCapture(event.pointerId);
      this.seekTo(event);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (this.canvas.hasPointerCapture(event.pointerId)) this.seekTo(event);
    });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    // What the player takes, the host doesn't: no dragging of the node, no shortcut of the same key.
    this.element.addEventListener("pointerdown", (event) => {
      if (!event.button) event.stopPropagation();
    });
    this.button.addEventListener("keydown", (event) => {
      if ((event.key === " " || event.key === "Enter") && !chord(event)) event.stopPropagation();
    });
    this.resizing = new ResizeObserver(() => this.draw());
    this.resizing.observe(this.canvas);
  }

  get seconds() {
    return this.shown?.seconds ?? 0;
  }

  show(output) {
    const shown = output?.[KEY]?.[0];
    if (!shown || shown.filename === this.shown?.filename) return;
    this.shown = shown;
    const { filename, subfolder, type } = shown;
    this.audio.src = api.apiURL(`/view?${new URLSearchParams({ filename, subfolder, type })}`);
    this.refresh();
  }

  toggle() {
    if (!this.shown) return;
    if (!this.audio.paused) return this.audio.pause();
    for (const other of players) other.audio.pause();
    this.audio.play().catch(() => this.refresh());
  }

  seek(seconds) {
    if (!this.shown) return;
    this.audio.currentTime = Math.min(Math.max(seconds, 0), this.seconds);
    this.refresh();
  }

  seekTo(event) {
    const { left, width } = this.canvas.getBoundingClientRect(); // as zoomed
    this.seek(((event.clientX - left) / width) * this.seconds);
  }

  key(event) {
    if (chord(event)) return;
    const to = {
      ArrowLeft: this.audio.currentTime - STEP,
      ArrowRight: this.audio.currentTime + STEP,
      Home: 0,
      End: this.seconds,
    }[event.key];
    if (to !== undefined) this.seek(to);
    else if (event.key === " ") this.toggle();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  refresh() {
    const { paused, currentTime, error } = this.audio;
    this.button.textContent = paused ? "\u25b6\ufe0e" : "\u275a\u275a";
    this.button.ariaLabel = this.button.title = paused ? "Play" : "Pause";
    this.button.disabled = !this.shown;
    const gone = error && this.shown;
    this.time.textContent = gone ? "File is gone: run again" : `${clock(currentTime)} / ${clock(this.seconds)}`;
    this.canvas.ariaValueMax = String(this.seconds);
    this.canvas.ariaValueNow = currentTime.toFixed(1);
    this.canvas.ariaValueText = clock(currentTime);
    this.draw();
    cancelAnimationFrame(this.frame);
    if (!paused) this.frame = requestAnimationFrame(() => this.refresh());
  }

  draw() {
    const { canvas } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const style = getComputedStyle(this.element);
    const ink = style.getPropertyValue("--input-text").trim() || "#ddd";
    const faint = style.getPropertyValue("--descrip-text").trim() || "#999";
    if (!this.shown) {
      pen.fillStyle = faint;
      pen.font = "12px sans-serif";
      pen.textAlign = "center";
      pen.fillText("Run to hear it", width / 2, height / 2 + 4);
      return;
    }
    const played = (this.audio.currentTime / this.seconds) * width;
    this.drawWave(pen, width, height, played, ink, faint);
    this.drawTicks(pen, width, this.shown.events, 0, TICK, SEEN);
    this.drawTicks(pen, width, this.shown.onsets, height, height - TICK, HEARD);
    pen.fillStyle = ink;
    pen.fillRect(Math.min(played, width - 1.5), 0, 1.5, height);
  }

  // Left above the middle, right below it; mono is both. Drawn up to four times as high where all is quiet.
  drawWave(pen, width, height, played, ink, faint) {
    const { peaks } = this.shown;
    const middle = height / 2;
    const scale = (middle - TICK - 3) / Math.max(25, ...peaks.flat());
    const step = width / peaks[0].length;
    for (let i = 0; i < peaks[0].length; i++) {
      const up = peaks[0][i] * scale;
      const down = peaks[peaks.length - 1][i] * scale;
      pen.fillStyle = i * step < played ? ink : faint;
      pen.fillRect(i * step, middle - up - 0.5, Math.max(step - 0.25, 0.5), up + down + 1);
    }
  }

  // Triangles of the host's picture: from the edge to their tip.
  drawTicks(pen, width, times, edge, tip, colour) {
    pen.fillStyle = colour;
    for (const time of times) {
      const x = (time / this.seconds) * width;
      pen.beginPath();
      pen.moveTo(x - 4, edge);
      pen.lineTo(x + 4, edge);
      pen.lineTo(x, tip);
      pen.fill();
    }
  }

  remove() {
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.audio.load();
    this.resizing.disconnect();
    cancelAnimationFrame(this.frame);
    players.delete(this);
  }
}

// The key of a node in the host's table of outputs: inside a subgraph it has the subgraph's id in front.
function outputKey(node) {
  return !node.graph || node.graph === node.graph.rootGraph ? String(node.id) : `${node.graph.id}:${node.id}`;
}

app.registerExtension({
  name: "klingfoley.Preview",

  nodeCreated(node) {
    if (node.comfyClass !== NODE) return;
    const player = new FoleyPlayer(node);
    const widget = node.addDOMWidget("foley_player", "KLING_FOLEY_PLAYER", player.element, {
      serialize: false,
      hideOnZoom: false,
      getValue: () => "",
      setValue: () => {},
      getMinHeight: () => HEIGHT,
      getMaxHeight: () => HEIGHT,
    });
    widget.serialize = false;
    players.add(player);
    node.previewMediaType = "image"; // Nodes 2.0 takes the outputs of a node with a VIDEO input for films
    const { onExecuted, onRemoved } = node;
    node.onExecuted = function (output) {
      onExecuted?.call(this, output);
      player.show(output);
    };
    node.onRemoved = function () {
      onRemoved?.call(this);
      player.remove();
    };
  },

  // Outputs that come back with a workflow's tab.
  onNodeOutputsUpdated(outputs) {
    for (const player of players) player.show(outputs[outputKey(player.node)]);
  },
});
