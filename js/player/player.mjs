// The player on a Foley Preview node: the film, the stage with its playhead, the controls, a note.

import { Controls } from "./controls.mjs";
import { element } from "./dom.mjs";
import { Stage } from "./stage.mjs";
import { CSS, filmRatio, playerHeight } from "./style.mjs";
import { Transport } from "./transport.mjs";

const STEP = 0.5; // seconds that an arrow key moves

// A key with one of these is the host's or the browser's shortcut.
const chord = (event) => event.ctrlKey || event.altKey || event.metaKey;

export class FoleyPlayer {
  // `url` makes an address of {filename, subfolder, type}.
  constructor(text, url) {
    Object.assign(this, { url, shown: null, chosen: 0 });
    this.transport = new Transport(() => this.refresh());
    this.stage = new Stage(text, (share) => this.transport.seek(share * this.transport.seconds));
    this.controls = new Controls(text, this.transport, (take) => this.choose(take));
    this.film = element("div", "film", {}, [this.transport.video]);
    this.note = element("div", "note");
    this.empty = element("div", "empty", { textContent: text.empty });
    this.parts = [this.film, this.stage.element, this.controls.takes, this.controls.element, this.note];
    for (const part of this.parts) part.hidden = true;
    this.element = document.createElement("div");
    this.element.attachShadow({ mode: "open" }).append(
      element("style", "", { textContent: CSS }),
      element("div", "player", {}, [this.empty, ...this.parts]),
    );
    this.listen();
  }

  listen() {
    this.film.addEventListener("click", () => this.transport.toggle());
    this.transport.video.addEventListener("error", () => (this.film.hidden = true)); // the strip is still there
    // What the player takes, the host doesn't: no dragging of the node, no shortcut of the same key.
    this.element.addEventListener("pointerdown", (event) => {
      if (!event.button) event.stopPropagation();
    });
    this.stage.rows.addEventListener("keydown", (event) => this.key(event));
    for (const buttons of [this.controls.element, this.controls.takes]) {
      buttons.addEventListener("keydown", (event) => {
        if ([" ", "Enter"].includes(event.key) && !chord(event)) event.stopPropagation();
      });
    }
  }

  height(width) {
    return playerHeight(width, this.shown);
  }

  // True where it shows something else than before.
  show(shown) {
    if (!shown?.takes || shown.takes[0].sound.filename === this.shown?.takes[0].sound.filename) return false;
    Object.assign(this, { shown, chosen: Math.min(this.chosen, shown.takes.length - 1) });
    const file = shown.film?.file;
    this.empty.hidden = true;
    this.stage.element.hidden = this.controls.element.hidden = false;
    this.film.hidden = !file;
    if (file) this.film.style.aspectRatio = String(filmRatio(shown.film));
    this.note.hidden = !shown.note;
    this.note.textContent = this.note.title = shown.note ?? "";
    this.transport.show(file && this.url(file), shown.film);
    this.choose(this.chosen);
    return true;
  }

  choose(take) {
    const { shown, url } = this;
    const { takes, film } = shown;
    if (!takes[take]) return;
    this.chosen = take;
    const sound = url(takes[take].sound);
    this.stage.show(shown, takes[take], { film: film && url(film.picture), sound: url(takes[take].picture) });
    this.controls.show(takes.length, take, sound);
    this.transport.load(sound, shown.seconds);
  }

  key(event) {
    if (chord(event)) return;
    const { transport } = this;
    const acts = {
      ArrowLeft: () => transport.seek(transport.time - STEP),
      ArrowRight: () => transport.seek(transport.time + STEP),
      ArrowUp: () => this.choose(this.chosen - 1),
      ArrowDown: () => this.choose(this.chosen + 1),
      Home: () => transport.seek(0),
      End: () => transport.seek(transport.seconds),
      " ": () => transport.toggle(),
    };
    if (!acts[event.key]) return;
    acts[event.key]();
    event.preventDefault();
    event.stopPropagation();
  }

  refresh() {
    this.controls.refresh();
    this.stage.at(this.transport.time);
  }

  remove() {
    this.transport.remove();
    this.stage.remove();
  }
}
