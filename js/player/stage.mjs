// Everything that lies on the time axis: waveform with marks, the film's picture, the sound's picture, seconds,
// and one playhead over all of it.

import { element, setText } from "./dom.mjs";
import { HEARD, SEEN, TICK, WAVE } from "./style.mjs";
import { axis, clamp, clock } from "./times.mjs";

const MARKS = { seen: [["seen", 0.16]], heard: [["heard", 0.84]] };
const LABEL = 84; // pixels that a label of the axis wants

function row(content) {
  const names = element("div", "names");
  return { content, names, element: element("div", "row", {}, [content, names]) };
}

export class Stage {
  constructor(text, seekTo) {
    this.text = text;
    this.canvas = element("canvas", "");
    this.wave = row(this.canvas);
    this.film = row(element("img", "", { alt: "", draggable: false }));
    this.sound = row(element("img", "", { alt: "", draggable: false }));
    this.playhead = element("div", "playhead");
    const slider = { tabIndex: 0, role: "slider", ariaLabel: text.position, ariaValueMin: "0" };
    const rows = [this.wave, this.film, this.sound].map((each) => each.element);
    this.rows = element("div", "rows", slider, [...rows, this.playhead]);
    this.axis = element("div", "axis");
    this.element = element("div", "stage", {}, [this.rows, this.axis]);
    this.listen(seekTo);
  }

  listen(seekTo) {
    const { rows } = this;
    const seek = (event) => {
      const { left, width } = rows.getBoundingClientRect(); // as zoomed
      seekTo(clamp((event.clientX - left) / width, 0, 1));
    };
    rows.addEventListener("pointerdown", (event) => {
      if (event.button) return; // the host's: menu, panning
      rows.setPointerCapture(event.pointerId);
      seek(event);
    });
    rows.addEventListener("pointermove", (event) => {
      if (rows.hasPointerCapture(event.pointerId)) seek(event);
    });
    this.resizing = new ResizeObserver(() => this.draw());
    this.resizing.observe(rows);
  }

  // `take` is one of `shown.takes`; `urls` are those of the two pictures, the film's or null.
  show(shown, take, urls) {
    Object.assign(this, { shown, take });
    this.picture(this.film, urls.film, shown.film);
    this.picture(this.sound, urls.sound, shown);
    this.name(this.wave, shown.film ? [...MARKS.seen, ...MARKS.heard] : MARKS.heard);
    this.rows.ariaValueMax = String(shown.seconds);
    this.draw();
  }

  picture(row, url, of) {
    row.element.hidden = !url;
    if (!url) return;
    row.content.src = url;
    row.content.style.aspectRatio = String(of.ratio);
    this.name(row, of.labels);
  }

  // Beside a row; `labels` are [word, share of its height].
  name(row, labels) {
    row.names.replaceChildren(
      ...labels.map(([word, share]) => {
        const label = element("span", "", { textContent: this.text[word] ?? word });
        label.dataset.word = word;
        label.style.top = `${100 * share}%`;
        return label;
      }),
    );
  }

  at(seconds) {
    if (!this.shown) return;
    const x = (this.width ?? 0) * clamp(seconds / this.shown.seconds, 0, 1);
    this.playhead.style.transform = `translateX(${x}px)`;
    const now = clock(seconds);
    if (this.rows.ariaValueText === now) return;
    this.rows.ariaValueText = now;
    this.rows.ariaValueNow = seconds.toFixed(1);
  }

  draw() {
    const { canvas, shown } = this;
    this.width = this.rows.clientWidth;
    if (!shown || !this.width) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(this.width * ratio);
    canvas.height = Math.round(WAVE * ratio);
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    drawWave(pen, this.width, this.take.peaks);
    const places = (times) => times.map((time) => (time / shown.seconds) * this.width);
    drawTicks(pen, places(shown.events), 0, TICK, SEEN);
    drawTicks(pen, places(this.take.onsets), WAVE, WAVE - TICK, HEARD);
    this.drawAxis();
  }

  drawAxis() {
    const ticks = axis(this.shown.seconds, Math.max(1, Math.floor(this.width / LABEL)));
    const texts = this.axis.children;
    while (texts.length > ticks.length) this.axis.lastChild.remove();
    ticks.forEach(({ share, text }, k) => {
      const label = texts[k] ?? this.axis.appendChild(element("span", ""));
      setText(label, text);
      label.style.left = `${100 * share}%`;
      label.className = share > 0.95 ? "last" : "";
    });
  }

  remove() {
    this.resizing.disconnect();
  }
}

// Left above the middle, right below it; mono is both. Drawn up to four times as high where all is quiet.
function drawWave(pen, width, peaks) {
  const [upper, lower] = [peaks[0], peaks[peaks.length - 1]];
  const middle = WAVE / 2;
  const scale = (middle - TICK - 3) / Math.max(25, ...upper, ...lower);
  const step = width / upper.length;
  pen.fillStyle = "#b9bcc2";
  for (let i = 0; i < upper.length; i++) {
    const [up, down] = [upper[i] * scale, lower[i] * scale];
    pen.fillRect(i * step, middle - up - 0.5, Math.max(step - 0.25, 0.5), up + down + 1);
  }
}

// Triangles from the edge to their tip.
function drawTicks(pen, places, edge, tip, colour) {
  pen.fillStyle = colour;
  for (const x of places) {
    pen.beginPath();
    pen.moveTo(x - 5, edge);
    pen.lineTo(x + 5, edge);
    pen.lineTo(x, tip);
    pen.fill();
  }
}
