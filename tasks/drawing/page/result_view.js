// Segments the clip and shows what comes of it: progress, frames with their masks, then the video.

import { get, post } from "./server.js";

const ASK_EVERY_MS = 400;

export class ResultView {
  constructor(dialog) {
    this.dialog = dialog;
    const part = (name) => dialog.querySelector(`[data-part="${name}"]`);
    for (const name of ["title", "bar", "picture", "video", "frame", "frames", "note", "stop", "back"]) {
      this[name] = part(name);
    }
    this.stop.addEventListener("click", () => post("segmentation/stop"));
    this.back.addEventListener("click", () => dialog.close());
    this.frame.addEventListener("input", () => this.#showFrame(this.frame.valueAsNumber));
    // A browser that cannot play the video still shows every frame.
    this.video.addEventListener("error", () => this.#showVideo(false));
    this.video.addEventListener("loadeddata", () => this.#showVideo(true));
  }

  get isRunning() {
    return this.dialog.dataset.state === "running";
  }

  /** Start the segmentation, or show the one in work; errors are shown where results would be. */
  async start() {
    if (this.isRunning) {
      this.dialog.showModal();
      return;
    }
    this.#showVideo(false);
    this.video.removeAttribute("src");
    this.picture.removeAttribute("src");
    this.frames.hidden = true;
    this.#say("Loading the network", "");
    this.bar.removeAttribute("value");
    this.dialog.showModal();
    try {
      this.#show(await post("segmentation"));
      await this.#follow();
    } catch (error) {
      this.#say("This did not work", error.message);
      this.stop.hidden = true;
    }
  }

  async #follow() {
    for (;;) {
      const now = await get("segmentation");
      this.#show(now);
      if (now.state !== "running") return;
      await new Promise((done) => setTimeout(done, ASK_EVERY_MS));
    }
  }

  #show({ state, num_done: done, num_frames: all, folder, error, has_overlay: hasOverlay }) {
    this.dialog.dataset.state = state;
    this.stop.hidden = state !== "running";
    this.bar.hidden = state !== "running";
    if (state === "running" && done) {
      this.#say(`Frame ${done}${all ? ` of ${all}` : ""}`, "");
      if (all) Object.assign(this.bar, { max: all, value: done });
      this.#showFrame(done - 1);
    }
    if (state === "failed") this.#say("This did not work", error);
    if (state === "stopped") this.#say("Stopped", "Nothing was kept.");
    if (state === "done") {
      this.#say("The object in every frame", `Masks, a contact sheet and the video are in ${folder}`);
      this.frame.max = done - 1;
      this.frame.value = 0;
      this.frames.hidden = false;
      this.#showFrame(0);
      if (hasOverlay) this.video.src = `segmentation/overlay.mp4?${encodeURIComponent(folder)}`;
    }
  }

  #say(title, note) {
    this.title.textContent = title;
    this.note.textContent = note;
  }

  #showFrame(number) {
    this.picture.src = `segmentation/frames/${number}?${encodeURIComponent(this.title.textContent)}`;
  }

  #showVideo(isPlayable) {
    this.video.hidden = !isPlayable;
    this.picture.hidden = isPlayable;
    this.frames.hidden = isPlayable || this.dialog.dataset.state !== "done";
  }
}
