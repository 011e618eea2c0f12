import type { Pair, Summary } from "./summary.ts";

/** A summary as Markdown: what the processes take, what came of the windows, and what was done to the room. */
export function report(summary: Summary): string {
  const { began, minutes, warmUpMinutes, cores, node, problems } = summary;
  const day = began.slice(0, 10);
  const short = minutes < 59 ? ", which is not the whole hour;" : ",";
  return [
    `${day}, ${cores} cores, Node ${node.replace(/^v/, "")}: **${minutes.toFixed(0)} minutes**${short} the first ${warmUpMinutes} of them for warming up. ` +
      `${problems.length === 0 ? "Everything was as it should be." : `**Not as it should be**: ${problems.join("; ")}.`}`,
    "",
    partsTable(summary),
    "",
    ...facts(summary).map((fact) => `- ${fact}`),
    "",
    disturbancesTable(summary),
  ].join("\n");
}

function partsTable({ parts }: Summary): string {
  const isLong = parts.some(({ lastHourMbPerHour }) => (lastHourMbPerHour ?? null) !== null);
  return table(
    [
      "process",
      "memory, MB",
      "grows in an hour",
      ...(isLong ? ["in its last hour"] : []),
      "its own, MB",
      "grows in an hour",
      "open files",
      "threads",
      "started",
    ],
    parts.map((one) => [
      one.part,
      pair(one.rssMb),
      `${signed(one.growthMbPerHour)} MB, ${signed(one.growthPercentPerHour)} %`,
      ...(isLong ? [`${signed(one.lastHourMbPerHour)} MB`] : []),
      pair(one.ownMb),
      `${signed(one.ownGrowthPercentPerHour)} %`,
      pair(one.openFiles),
      pair(one.threads),
      String(one.started),
    ]),
  );
}

function facts(summary: Summary): string[] {
  const { files, dataMb, windows, quietWindows, missing, mostSpooled, dropped, oldestFrameSeconds } = summary;
  const readings = Object.entries(summary.readings).map(([name, counts]) => `\`${name}\` ${counted(counts)}`);
  return [
    `Windows: ${counted(windows)}; ${missing} missing. While nothing was away: ${counted(quietWindows)}, which is ${share(quietWindows, "ok")} \`ok\`.`,
    `Readings: ${readings.join("; ")}.`,
    `The data folder, models and store too: ${pair(files)} files, ${pair(dataMb)} MB.`,
    `At most ${mostSpooled} messages waited in the spool, ${dropped} were dropped.`,
    `Oldest picture while nothing was away: ${oldestFrameSeconds === null ? "unknown" : `${oldestFrameSeconds.toFixed(1)} s`}.`,
  ];
}

function disturbancesTable({ disturbances }: Summary): string {
  return table(
    ["minute", "what was done", "what the gateway said", "all `ok` again after"],
    disturbances.map(({ at, what, said, recoveredSeconds }) => [
      (at / 60).toFixed(0),
      what,
      said.length > 0 ? said.join(", ") : "nothing: it was over before",
      recoveredSeconds === null ? "**never**" : `${Math.round(recoveredSeconds)} s`,
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ").replaceAll("\n", " ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const pair = ([first, last]: Pair) => (first === last ? String(first) : `${first} → ${last}`);

const signed = (value: number | null) => (value === null ? "?" : `${value > 0 ? "+" : ""}${value}`);

const counted = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([quality, count]) => `${count} \`${quality}\``)
    .join(", ") || "none";

function share(counts: Readonly<Record<string, number>>, quality: string): string {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return all === 0 ? "unknown" : `${(((counts[quality] ?? 0) / all) * 100).toFixed(1)} %`;
}
