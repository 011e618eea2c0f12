import type { Sample } from "./sample.ts";

/** A sample in one line, for whoever watches. */
export function progress({ seconds, processes, files, megabytes, windows, missing, health }: Sample): string {
  const minute = (seconds / 60).toFixed(1).padStart(5);
  const memory = processes.map(({ part, rssMb }) => `${part} ${Math.round(rssMb)}`).join(", ");
  const counts = Object.entries(windows).map(([quality, count]) => `${count} ${quality}`);
  const wrong = Object.entries({ ...health?.cameras, ...health?.sensors })
    .filter(([, state]) => state !== "ok")
    .map((one) => one.join(" "));
  return [
    `${minute} min  ${memory} MB`,
    `${files} files of ${megabytes.toFixed(1)} MB`,
    `${counts.join(", ")}, ${missing} missing`,
    wrong.join(", ") || "all ok",
  ].join("; ");
}
