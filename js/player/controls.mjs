// Takes; and in one line play, time, loop, volume, download.

import { element, setIcon, setText } from "./dom.mjs";
import { clock } from "./times.mjs";

export class Controls {
  constructor(text, transport, choose) {
    Object.assign(this, { text, transport, choose });
    const button = (label, act) => {
      const made = element("button", "", { type: "button", title: label, ariaLabel: label });
      made.addEventListener("click", act);
      return made;
    };
    this.play = button(text.play, () => transport.toggle());
    this.time = element("span", "time", { role: "timer" });
    this.takes = element("div", "takes", { role: "group", ariaLabel: text.take });
    this.loop = button(text.loop, () => this.setLoop(!transport.audio.loop));
    this.mute = button(text.mute, () => (transport.audio.muted = !transport.audio.muted));
    this.volume = element("input", "volume", { type: "range", min: 0, max: 1, step: 0.01, title: text.volume });
    this.volume.ariaLabel = text.volume;
    this.volume.addEventListener("input", () => transport.setVolume(Number(this.volume.value)));
    this.download = element("a", "button", { title: text.download, ariaLabel: text.download });
    this.mute.className = "mute";
    setIcon(this.loop, "loop");
    setIcon(this.download, "download");
    this.setLoop(false);
    const right = element("div", "right", {}, [this.loop, this.mute, this.volume, this.download]);
    this.element = element("div", "controls", {}, [this.play, this.time, right]);
  }

  setLoop(on) {
    this.transport.audio.loop = on;
    this.loop.ariaPressed = String(on);
  }

  show(count, chosen, url) {
    this.takes.hidden = count < 2;
    this.takes.replaceChildren(
      ...Array.from({ length: count }, (_, k) => {
        const label = `${this.text.take} ${k + 1}`;
        const made = element("button", "", { type: "button", textContent: String(k + 1), title: label });
        Object.assign(made, { ariaLabel: label, ariaPressed: String(k === chosen) });
        made.addEventListener("click", () => this.choose(k));
        return made;
      }),
    );
    this.download.href = url;
    this.download.download = count > 1 ? `foley_take_${chosen + 1}.flac` : "foley.flac";
  }

  refresh() {
    const { text, transport } = this;
    const { playing, audio } = transport;
    setIcon(this.play, playing ? "pause" : "play");
    this.play.title = this.play.ariaLabel = playing ? text.pause : text.play;
    const silent = audio.muted || audio.volume === 0;
    setIcon(this.mute, silent ? "mute" : "loud");
    this.mute.title = this.mute.ariaLabel = silent ? text.unmute : text.mute;
    this.volume.value = silent ? 0 : audio.volume;
    const now = `${clock(transport.time)} / ${clock(transport.seconds)}`;
    setText(this.time, transport.gone ? text.gone : now);
  }
}
