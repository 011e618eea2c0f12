import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { temporaryFolder } from "./places.ts";

/**
 * Programs that stand in for those of libgpiod 1.6, where the kernel has no GPIO chip: one line, 17, called GPIO17, which is
 * driven as long as its `gpioset` lives. They say and take what the real ones said and took at a chip of the kernel's gpio-sim.
 */
export interface StandInChip {
  /** To be put before the PATH. */
  readonly folder: string;
  /** What the line is driven to, `17=1`, is in this file; the process that drives it in `pid`. */
  readonly driven: string;
  readonly pid: string;
  plug(): Promise<void>;
  unplug(): Promise<void>;
}

export async function standInChip(): Promise<StandInChip> {
  const folder = await temporaryFolder();
  const [chip, driven, pid] = ["chip", "driven", "pid"].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  const programs = {
    gpioinfo: `[ -e ${chip} ] || exit 0
echo "gpiochip0 - 1 lines:"
if [ -s ${pid} ] && kill -0 "$(cat ${pid})" 2>/dev/null; then
  printf '\\tline  17:     "GPIO17"    "gpioset"  output  active-high [used]\\n'
else
  printf '\\tline  17:     "GPIO17"       unused   input  active-high \\n'
fi`,
    gpioset: `case "$*" in
  --version) echo "gpioset (libgpiod) v1.6.3"; exit ;;
  "--mode=signal gpiochip0 17="[01]) ;;
  *) echo "gpioset: what is $*?" >&2; exit 1 ;;
esac
[ -e ${chip} ] || { echo "gpioset: error setting the GPIO line values: No such file or directory" >&2; exit 1; }
echo "\${3}" > ${driven}
echo $$ > ${pid}
exec sleep 600`,
  };
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(path.join(folder, name), `#!/bin/sh\n${text}\n`);
    await chmod(path.join(folder, name), 0o755);
  }
  return {
    folder,
    driven,
    pid,
    plug: () => writeFile(chip, ""),
    unplug: () => rm(chip, { force: true }),
  };
}
