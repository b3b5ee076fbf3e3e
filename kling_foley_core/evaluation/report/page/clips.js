"use strict";
// The clips of a page: both ends of a measure with players, and the table. Text goes in as text, never as HTML.
const DATA = JSON.parse(document.getElementById("data").textContent);
const [ID, SCENARIO, STATE, CAPTION, LABELS, NOTES, FIGURES] = [0, 1, 2, 3, 4, 5, 6];
const ENDS = 4, PAGE = 200;
const COMPARED = DATA.kind === "compared";

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// A figure is a number, null, or [this run's, the other's] where two are compared, which counts by its difference.
function worth(row, k) {
  const figure = row[FIGURES + k];
  return Array.isArray(figure) ? figure[0] - figure[1] : figure;
}

function text(value, measure, signed = false) {
  if (value === null || value === undefined) return "–";
  const shown = Math.abs(value).toFixed(measure.places);
  const sign = value < 0 && Number(shown) !== 0 ? "−" : signed && Number(shown) !== 0 ? "+" : "";
  return sign + shown;
}

function figureText(row, k) {
  const measure = DATA.measures[k], figure = row[FIGURES + k];
  if (!Array.isArray(figure)) return text(figure, measure);
  return text(figure[0], measure) + " against " + text(figure[1], measure) + " (" + text(worth(row, k), measure, true) + ")";
}

// Players

const addresses = new Map();
function address(key, data, type) {
  if (!addresses.has(key)) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    addresses.set(key, URL.createObjectURL(new Blob([bytes], { type })));
  }
  return addresses.get(key);
}

document.addEventListener("play", (event) => {
  for (const other of document.querySelectorAll("audio")) if (other !== event.target) other.pause();
}, true);

const APART = 0.06; // seconds between film and sound from which the film is set anew

function follow(audio, heads, seconds, film) {
  const move = () => {
    if (film && Math.abs(film.currentTime - audio.currentTime) > APART) film.currentTime = Math.min(audio.currentTime, film.duration || 0);
    for (const head of heads) {
      head.hidden = audio.currentTime === 0 && audio.paused;
      head.style.left = Math.min(100, 100 * audio.currentTime / seconds) + "%";
    }
    if (!audio.paused) requestAnimationFrame(move);
  };
  for (const happening of ["play", "pause", "seeked"]) audio.addEventListener(happening, move);
  if (!film) return;
  audio.addEventListener("play", () => film.play());
  audio.addEventListener("pause", () => film.pause());
}

function picture(data, words, seconds, track) {
  const frame = make("div", { class: "picture" }, make("img", { src: "data:image/jpeg;base64," + data, alt: words }));
  const marks = [["true", "▼", track.true], ["heard", "▲", track.onsets]];
  for (const [kind, sign, times] of marks) {
    for (const time of times.filter((time) => time <= seconds)) {
      const mark = make("span", { class: "mark " + kind, "aria-hidden": "true" }, sign);
      mark.style.left = 100 * time / seconds + "%";
      frame.append(mark);
    }
  }
  const head = make("span", { class: "head", "aria-hidden": "true", hidden: "" });
  frame.append(head);
  return [frame, head];
}

const times = (seconds) => seconds.length ? seconds.map((time) => time.toFixed(2)).join(", ") + " s" : "none";

function onsetWords(track) {
  const words = "spectrogram of the " + track.name + "; onsets heard: " + times(track.onsets);
  return track.true.length ? words + "; onsets of the reference: " + times(track.true) : words;
}

function isHeard(row) {
  return row[STATE] !== "not judged" && Object.hasOwn(DATA.heard, row[ID]); // an id that is there twice is judged once
}

function players(row) {
  const id = row[ID], heard = DATA.heard[id], parts = [], strip = [];
  let film = null;
  if (!isHeard(row)) return [make("p", { class: "facts" }, "Its sound is not in this page; the files lie where the manifest says.")];
  if (heard.film) {
    film = make("video", { preload: "auto", playsinline: "", "aria-label": "the film, which follows the sound that is played" });
    film.muted = true;
    film.src = address(id, heard.film, "video/mp4");
    parts.push(film);
  }
  if (heard.strip) {
    const [frame, head] = picture(heard.strip, "stills of the film from left to right", heard.seconds, { true: [], onsets: [] });
    parts.push(frame);
    strip.push(head);
  }
  if (heard.why) parts.push(make("p", { class: "facts" }, "Film: " + heard.why));
  for (const track of heard.tracks) {
    parts.push(make("p", { class: "track" }, track.name));
    if (track.why) {
      parts.push(make("p", { class: "facts" }, track.why));
      continue;
    }
    const [frame, head] = picture(track.picture, onsetWords(track), heard.seconds, track);
    const audio = make("audio", { controls: "", preload: "metadata", "aria-label": track.name + " of " + id });
    audio.src = address(id + "\n" + track.name, track.sound, "audio/mpeg");
    follow(audio, [head, ...strip], heard.seconds, film);
    frame.addEventListener("click", (event) => {
      const box = frame.getBoundingClientRect();
      audio.currentTime = heard.seconds * (event.clientX - box.left) / box.width;
      audio.play();
    });
    parts.push(frame, audio);
  }
  return parts;
}

function figureList(row) {
  const list = make("table", {});
  DATA.measures.forEach((measure, k) => {
    if (row[FIGURES + k] === null) return;
    const line = list.insertRow();
    line.append(make("th", { scope: "row" }, measure.heading));
    line.append(make("td", { class: "number" }, figureText(row, k) + (measure.unit ? " " + measure.unit : "")));
  });
  return make("details", {}, make("summary", {}, "All its figures"), list);
}

function card(row, k) {
  const article = make("article", {});
  if (k !== undefined) {
    const measure = DATA.measures[k], figure = row[FIGURES + k];
    const shown = make("p", { class: "chosen" }, make("b", {}, text(worth(row, k), measure, COMPARED)), " " + measure.unit + " " + measure.heading);
    if (Array.isArray(figure)) shown.append(make("small", {}, text(figure[0], measure) + " against " + text(figure[1], measure)));
    article.append(shown);
  }
  article.append(make("p", { class: "facts" }, make("b", {}, row[ID]), row[SCENARIO] ? " " + row[SCENARIO] : ""));
  if (row[CAPTION]) article.append(make("p", { class: "caption" }, row[CAPTION]));
  if (row[NOTES]) article.append(make("p", { class: "facts" }, row[NOTES]));
  article.append(...players(row), figureList(row));
  return article;
}

// Both ends of a measure

function ends(section) {
  const chosen = section.querySelector("[data-measure]");
  const directed = DATA.measures.map((measure, k) => [measure, k]).filter(([measure]) => measure.better !== "none");
  for (const [measure, k] of directed) chosen.append(new Option(measure.heading, k));
  const places = [section.querySelector("[data-first]"), section.querySelector("[data-second]")];
  const show = () => {
    const k = Number(chosen.value), sign = DATA.measures[k].better === "higher" ? -1 : 1;
    const ranked = DATA.clips.filter((row) => row[FIGURES + k] !== null).sort((a, b) => sign * (worth(a, k) - worth(b, k)));
    const half = Math.ceil(ranked.length / 2);
    const [low, high] = COMPARED // where two are compared, an end has only clips that are better there
      ? [ranked.filter((row) => sign * worth(row, k) < 0), ranked.filter((row) => sign * worth(row, k) > 0)]
      : [ranked.slice(0, half), ranked.slice(half)];
    const [first, second] = [low.slice(0, ENDS), high.slice(-ENDS).reverse()];
    places[0].replaceChildren(...first.map((row) => card(row, k)));
    places[1].replaceChildren(...second.map((row) => card(row, k)));
    for (const place of places) place.previousElementSibling.hidden = !place.children.length;
  };
  if (directed.length) {
    chosen.addEventListener("change", show);
    show();
  } else {
    section.classList.add("undirected");
    places[0].replaceChildren(...DATA.clips.filter(isHeard).slice(0, 2 * ENDS).map((row) => card(row)));
  }
}

// The table

function opened(row) {
  const dialog = document.querySelector("dialog");
  dialog.lastElementChild.replaceChildren(card(row));
  dialog.showModal();
}
document.querySelector("dialog").addEventListener("close", (event) => event.target.lastElementChild.replaceChildren());

function clipTable(section) {
  const body = () => section.querySelector("tbody"), head = section.querySelector("thead tr");
  const filters = [...section.querySelectorAll("[data-filter]")], words = section.querySelector("[data-words]");
  const more = section.querySelector("[data-more]"), count = section.querySelector("[data-count]");
  const shownFacts = [[ID, "Clip"], [SCENARIO, "Scenario"], [STATE, "State"]];
  const measures = DATA.measures.map((measure, k) => [FIGURES + k, measure.heading]);
  const columns = [...shownFacts, ...measures, [CAPTION, "Caption"], [LABELS, "Labels"]]
    .filter(([at]) => at === ID || at >= FIGURES || DATA.clips.some((row) => row[at]));
  let sorted = null, direction = 1, limit = PAGE;

  for (const filter of filters) {
    const at = Number(filter.dataset.filter), counts = new Map();
    for (const row of DATA.clips) if (row[at]) counts.set(row[at], (counts.get(row[at]) || 0) + 1);
    for (const value of [...counts.keys()].sort()) filter.append(new Option(value + " (" + counts.get(value) + ")", value));
    filter.parentElement.hidden = counts.size < 2;
  }
  for (const [at, heading] of columns) {
    const button = make("button", { type: "button" }, heading);
    const cell = make("th", { scope: "col", class: at >= FIGURES ? "number" : "" }, button);
    button.addEventListener("click", () => {
      direction = sorted === at ? -direction : 1;
      sorted = at;
      for (const other of head.cells) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      show();
    });
    head.append(cell);
  }
  const value = (row, at) => at >= FIGURES ? worth(row, at - FIGURES) : row[at];
  function order(a, b) {
    const [x, y] = [value(a, sorted), value(b, sorted)];
    if (x === null || y === null) return (x === null) - (y === null); // what has none stands last, both ways
    return direction * (sorted >= FIGURES ? x - y : x < y ? -1 : x > y ? 1 : 0);
  }
  function line(row) {
    const cells = columns.map(([at]) => {
      if (at === ID) {
        const button = make("button", { type: "button", class: "clip" }, (isHeard(row) ? "▶ " : "") + row[ID]);
        button.addEventListener("click", () => opened(row));
        return make("th", { scope: "row" }, button);
      }
      if (at < FIGURES) return make("td", { class: at === CAPTION || at === LABELS ? "words" : "" }, row[at]);
      return make("td", { class: "number" }, text(worth(row, at - FIGURES), DATA.measures[at - FIGURES], COMPARED));
    });
    return make("tr", {}, ...cells);
  }
  function show() {
    const sought = words.value.toLowerCase();
    const kept = DATA.clips.filter((row) =>
      filters.every((filter) => !filter.value || row[filter.dataset.filter] === filter.value) &&
      (!sought || row.slice(0, FIGURES).join(" ").toLowerCase().includes(sought)));
    if (sorted !== null) kept.sort(order);
    const filled = make("tbody", {}, ...kept.slice(0, limit).map(line));
    body().replaceWith(filled);
    count.textContent = Math.min(limit, kept.length) + " of " + kept.length;
    more.hidden = kept.length <= limit;
  }
  for (const input of [...filters, words]) input.addEventListener("input", () => { limit = PAGE; show(); });
  more.addEventListener("click", () => { limit += PAGE; show(); });
  show();
}

for (const section of document.querySelectorAll("[data-ends]")) ends(section);
for (const section of document.querySelectorAll("[data-table]")) clipTable(section);
