import { Presets, SingleBar } from "cli-progress";
import type { GatewayError } from "../errors.ts";

/**
 * What a command writes to. Results go to standard output and nothing else does; progress, notes and logs go to
 * standard error, so that `--json` output can be piped.
 */
export interface Terminal {
  readonly json: boolean;
  /** A result for people; says nothing with --json. */
  say(line: string): void;
  /** A result for machines: one JSON line; says nothing without --json. */
  emit(value: object): void;
  /** Raw text on standard output, in either mode: what was asked for is itself a format. */
  write(text: string): void;
  /** Something worth knowing beside the results. */
  note(line: string): void;
  progress(title: string, unit: string): ProgressBar;
}

export interface ProgressBar {
  update(done: number, total: number): void;
  end(): void;
}

export function openTerminal(json: boolean): Terminal {
  return {
    json,
    say: (line) => void (json || process.stdout.write(`${line}\n`)),
    emit: (value) => void (json && process.stdout.write(`${JSON.stringify(value)}\n`)),
    write: (text) => void process.stdout.write(text),
    note: (line) => void process.stderr.write(`${line}\n`),
    progress: (title, unit) => (process.stderr.isTTY ? drawnBar(title, unit) : writtenBar(title, unit)),
  };
}

function drawnBar(title: string, unit: string): ProgressBar {
  const bar = new SingleBar(
    {
      format: `${title} {bar} {percentage} % of {total} ${unit}, {eta_formatted} to go`,
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  );
  let started = false;
  return {
    update(done, total) {
      if (!started) bar.start(total, 0);
      started = true;
      bar.setTotal(total);
      bar.update(done);
    },
    end: () => void (started && bar.stop()),
  };
}

/** For logs and pipes: a line at each tenth of the way. */
function writtenBar(title: string, unit: string): ProgressBar {
  let tenths = -1;
  return {
    update(done, total) {
      const now = Math.floor((10 * done) / Math.max(1, total));
      if (now > tenths) process.stderr.write(`${title} ${now * 10} % of ${total} ${unit}\n`);
      tenths = Math.max(tenths, now);
    },
    end() {},
  };
}

/** An error as a person is told it: what, why beneath it, what to do, and the code to look up. */
export function tell(error: GatewayError): string {
  const lines = [`error: ${error.message}`];
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause)
    lines.push(`  because: ${cause.message}`);
  lines.push(`  ${error.hint} (${error.code})`);
  return lines.join("\n");
}
