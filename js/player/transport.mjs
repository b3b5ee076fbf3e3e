// Plays a sound and a silent film on one clock, which is the sound's.

import { clamp, rate } from "./times.mjs";

const VOLUME = "kling_foley.volume"; // kept for the next page
let heard = null; // the transport that plays: one at a time

export class Transport {
  constructor(changed) {
    this.changed = changed;
    this.seconds = 0;
    this.film = null; // {seconds}
    this.asked = null; // the time that the film was last sent to where it stands: browsers round it
    this.audio = new Audio();
    this.audio.volume = Number(localStorage.getItem(VOLUME) ?? 1);
    this.video = Object.assign(document.createElement("video"), { muted: true, playsInline: true, preload: "auto" });
    for (const name of ["play", "pause", "ended", "seeked", "error", "timeupdate", "volumechange"]) {
      this.audio.addEventListener(name, () => this.tick());
    }
    for (const name of ["loadeddata", "seeked"]) this.video.addEventListener(name, () => this.follow());
  }

  get time() {
    return this.audio.currentTime;
  }

  get playing() {
    return !this.audio.paused;
  }

  get gone() {
    return this.audio.error !== null && this.seconds > 0;
  }

  // Goes on at the same time where one take is exchanged for another.
  load(url, seconds) {
    const { playing, time } = this;
    this.seconds = seconds;
    this.audio.src = url;
    this.audio.currentTime = Math.min(time, seconds);
    if (playing) this.play();
    else this.tick();
  }

  show(url, film) {
    this.film = url ? film : null;
    this.asked = null;
    if (url) this.video.src = url;
    else this.video.removeAttribute("src");
    this.video.load();
  }

  play() {
    if (heard !== this) heard?.audio.pause();
    heard = this;
    this.audio.play().catch(() => this.tick());
  }

  toggle() {
    if (this.playing) this.audio.pause();
    else if (this.seconds) this.play();
  }

  seek(seconds) {
    if (!this.seconds) return;
    this.audio.currentTime = clamp(seconds, 0, this.seconds);
    this.tick();
  }

  setVolume(volume) {
    this.audio.muted = volume === 0;
    this.audio.volume = volume;
    localStorage.setItem(VOLUME, String(volume));
  }

  // What changes with time; again with every picture of the page while it plays.
  tick() {
    this.follow();
    this.changed();
    cancelAnimationFrame(this.frame);
    if (this.playing) this.frame = requestAnimationFrame(() => this.tick());
  }

  follow() {
    const { film, video } = this;
    if (!film || !video.readyState || video.seeking) return;
    const over = this.time >= film.seconds;
    const at = over ? Math.max(0, film.seconds - 0.001) : this.time;
    if (this.playing && this.audio.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA && !over) {
      const speed = rate(video.currentTime, at);
      if (speed === null) video.currentTime = at;
      else if (Math.abs(video.playbackRate - speed) > 0.01) video.playbackRate = speed;
      if (video.paused) video.play().catch(() => {});
      this.asked = null;
      return;
    }
    if (!video.paused) video.pause();
    if (this.asked !== at) video.currentTime = this.asked = at;
  }

  remove() {
    cancelAnimationFrame(this.frame);
    if (heard === this) heard = null;
    for (const media of [this.audio, this.video]) {
      media.pause();
      media.removeAttribute("src");
      media.load();
    }
  }
}
