// The peer's own process: @vladmandic/human on tfjs-wasm, face detection and mesh only. `node peer.cjs FOLDER`, where
// FOLDER holds its node_modules. Asked with { rgb, width, height }, it answers with boxes in shares of the picture.
const path = require("node:path");
const fs = require("node:fs");

const modules = path.join(process.argv[2], "node_modules");
const { Human } = require(path.join(modules, "@vladmandic/human/dist/human.node-wasm.js"));

// It reads its models by fetch, which knows no files in Node.
const overNetwork = globalThis.fetch;
globalThis.fetch = async (url, options) =>
  String(url).startsWith("file:") ? new Response(fs.readFileSync(new URL(url))) : overNetwork(url, options);

const off = { enabled: false };
const human = new Human({
  backend: "wasm",
  wasmPath: `${path.join(modules, "@tensorflow/tfjs-backend-wasm/dist")}/`,
  modelBasePath: `file://${path.join(modules, "@vladmandic/human/models")}/`,
  debug: false,
  cacheSensitivity: 0, // every picture anew
  ...{ filter: off, gesture: off, body: off, hand: off, object: off, segmentation: off },
  face: {
    enabled: true,
    detector: { enabled: true, maxDetected: 50, skipFrames: 0, skipTime: 0, minConfidence: 0.2, rotation: false },
    mesh: { enabled: true },
    ...{ iris: off, emotion: off, description: off, antispoof: off, liveness: off },
  },
});

async function look({ rgb, width, height }) {
  const began = performance.now();
  const tensor = human.tf.tensor(rgb, [1, height, width, 3], "float32");
  const { face } = await human.detect(tensor);
  human.tf.dispose(tensor);
  const milliseconds = performance.now() - began;
  return { milliseconds, boxes: face.map(({ boxRaw: [x, y, w, h] }) => ({ x, y, width: w, height: h })) };
}

process.on("message", (picture) => {
  look(picture).then(
    (answer) => process.send(answer),
    (error) => process.send({ error: String(error) }),
  );
});
process.once("disconnect", () => process.exit(0));
human.load().then(() => process.send({ ready: human.tf.getBackend() }));
