// Gets ready what the tests talk to: real servers (Debian's, where this user may install them), a compiled program, and the
// model pack. Whatever cannot be had is named, with the suites that are skipped without it; it fails only when the
// program itself does not compile.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Program (or module of Debian's Python), the Debian package that has it, and what is not tested without it. */
const PEERS = [
  {
    program: "mosquitto",
    debian: "mosquitto",
    without: "everything against an external broker (mqtt, publish, show)",
  },
  { program: "mosquitto_passwd", debian: "mosquitto", without: "an external broker with a password" },
  {
    program: "influxd",
    debian: "influxdb",
    without: "recording into InfluxDB, dashboards and alerts (record, provisioning)",
  },
  { program: "ffmpeg", debian: "ffmpeg", without: "video made by the tests (eye/capture, analyse)" },
  { program: "chromium", debian: "chromium", without: "the live page in a browser (show, commands/live)" },
  {
    ask: ["/usr/bin/python3", "-c", "import gi; gi.require_version('GstRtspServer', '1.0')"],
    debian: "python3-gi gir1.2-gst-rtsp-server-1.0",
    without: "cameras by RTSP (eye/capture/rtsp, eye/cameras)",
  },
  {
    ask: [
      "/usr/bin/python3",
      "-c",
      "from gi.repository import Gio; raise SystemExit(not Gio.TlsBackend.get_default().supports_tls())",
    ],
    debian: "glib-networking",
    without: "cameras by RTSP over TLS (eye/capture/rtsp)",
  },
  {
    ask: ["gst-inspect-1.0", "rtph264pay"],
    debian: "gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good",
    without: "cameras by RTSP and CSI (eye/capture)",
  },
  { program: "strace", debian: "strace", without: "that the eye opens no socket and writes no file (quiet)" },
  {
    program: "docker-compose",
    debian: "docker-compose",
    without: "what Compose makes of compose.yaml (docker)",
  },
  { program: "shellcheck", debian: "shellcheck", without: "shell scripts, linted (install)" },
  {
    program: "gpioset",
    debian: "gpiod",
    without: "what libgpiod's programs make of their arguments (gpio)",
  },
  { program: "socat", debian: "socat", without: "serial ports (sense)" },
  ...["pymodbus", "serial", "serial_asyncio"].map((module) => ({
    module,
    debian: `python3-${module.replace("_", "-")}`,
    without: "Modbus against an independent server (sense)",
  })),
];

/** Nobody's package here: put on PATH by hand, under these names, they are used. */
const BY_HAND = [
  {
    program: "influxd2",
    without: "InfluxDB 2.x, its own `influxd` (record, provisioning, security, docker)",
  },
  { program: "influx2", without: "InfluxDB 2.x's own `influx` (docker)" },
];

const has = (program) =>
  [...(process.env.PATH ?? "").split(path.delimiter), "/usr/sbin", "/usr/local/sbin"].some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** Debian's Python, by its path: another one on the PATH does not see Debian's packages. */
const hasModule = (name) => spawnSync("/usr/bin/python3", ["-c", `import ${name}`]).status === 0;

const run = (program, args, options = {}) =>
  spawnSync(program, args, { stdio: ["ignore", "ignore", "inherit"], timeout: 600_000, ...options })
    .status === 0;

const answers = ([program, ...args]) => spawnSync(program, args).status === 0;

const isThere = ({ program, module, ask }) =>
  ask ? answers(ask) : program ? has(program) : hasModule(module);
const missing = () => PEERS.filter((peer) => !isThere(peer));

if (missing().length > 0) {
  const packages = [...new Set(missing().flatMap(({ debian }) => debian.split(" ")))];
  if (process.getuid?.() === 0 && has("apt-get")) {
    console.log(`tests: installing ${packages.join(", ")}`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    run("apt-get", ["update", "-qq"], { env });
    // Package by package, so that one that is not to be had does not keep the others away.
    for (const name of packages)
      run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", name], { env });
  } else {
    console.log(`tests: as root this would run apt-get install ${packages.join(" ")}`);
  }
}
for (const { program, debian, without } of [...missing(), ...BY_HAND.filter((peer) => !isThere(peer))])
  console.log(`tests: SKIPPED without ${program ?? debian}: ${without}`);

if (!run(process.execPath, [path.join(root, "scripts", "build.js")], { stdio: "inherit" })) {
  console.error("tests: the program does not compile");
  process.exit(1);
}

// The pack is kept between runs, away from the user's own data.
const cache = path.join(root, "node_modules", ".cache", "focus-gateway");
const prepared = run(process.execPath, [path.join(root, "bin", "focus-gateway.js"), "models", "prepare"], {
  env: { ...process.env, FOCUS_GATEWAY_DATA: cache },
});
if (!prepared) console.log("tests: SKIPPED without the model pack: everything that looks at pictures");
if (!existsSync(path.join(root, "node_modules", "@vladmandic", "face-api"))) {
  console.log("tests: SKIPPED without @vladmandic/face-api: the photographs");
}
