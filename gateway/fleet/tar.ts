import { gzipSync } from "node:zlib";

/** A text on its way into an archive. */
export interface TextFile {
  readonly name: string;
  readonly text: string;
}

const BLOCK = 512;

/**
 * The files as a `.tar.gz`, made in memory: what is to be sent somewhere never lies about unpacked. Names are ASCII, 100
 * characters at most.
 * @param time of each file, milliseconds since the epoch.
 */
export function packTar(files: readonly TextFile[], time: number): Buffer {
  const entries = files.flatMap(({ name, text }) => {
    const body = Buffer.from(text);
    return [header(name, body.length, time), body, Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK)];
  });
  return gzipSync(Buffer.concat([...entries, Buffer.alloc(2 * BLOCK)]));
}

/** POSIX.1-1988 ustar: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06 */
function header(name: string, size: number, time: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  const put = (text: string, at: number) => block.write(text, at, "ascii");
  put(name, 0);
  put(octal(0o600, 7), 100);
  put(octal(0, 7), 108);
  put(octal(0, 7), 116);
  put(octal(size, 11), 124);
  put(octal(Math.floor(time / 1000), 11), 136);
  put(" ".repeat(8), 148); // The checksum counts as blanks while it is taken.
  put("0", 156);
  put("ustar\x0000", 257);
  const sum = block.reduce((all, byte) => all + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}
