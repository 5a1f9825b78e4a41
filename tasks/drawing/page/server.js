// What the page asks of the command that serves it. All addresses are below the page's own.

/** Return the answer to a request; an error holds the one line that the command said. */
async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("The command does not answer. Was it ended? What is drawn since the last save is here alone.");
  }
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error || answer.statusText);
  return answer;
}

export const get = async (path) => (await ask(path)).json();

export const post = async (path, body = new Uint8Array()) => (await ask(path, { method: "POST", body })).json();

/** Return labels, a byte for each pixel. */
export const labels = async (path) => new Uint8Array(await (await ask(path)).arrayBuffer());

/** Return superpixels, two bytes for each pixel, the lower one first, as wherever browsers run. */
export const ids = async (path) => new Uint16Array(await (await ask(path)).arrayBuffer());

export const bitmap = async (path) => createImageBitmap(await (await ask(path)).blob());
