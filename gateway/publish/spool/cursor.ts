import { constants } from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";
import { syncFolder } from "../../folders.ts";
import { crc32c } from "./crc32c.ts";

/**
 * How far the broker has acknowledged: everything up to this sequence has been delivered. After a crash the few messages
 * acknowledged since it was last saved are delivered once more.
 *
 * Two slots are written in turn, in place. A torn write spoils one and leaves the other; and on a full disk, where a
 * new file could not be written, the cursor still moves on, so that segments can go and make room.
 */
export interface Cursor {
  /** The sequence last saved; 0 when there is none or it is unreadable, which means delivering again what is here. */
  readonly saved: number;
  /** Resolves when a power cut can no longer undo it. */
  save(sequence: number): Promise<void>;
  close(): Promise<void>;
}

/** Slots stand in different blocks, so that one torn block cannot spoil both. */
const SLOTS = [0, 4096] as const;
const SLOT_BYTES = 12;
const FILE_BYTES = 8192;

export async function openCursor(folder: string): Promise<Cursor> {
  const handle = await open(path.join(folder, "cursor"), constants.O_RDWR | constants.O_CREAT, 0o640);
  const file = Buffer.alloc(FILE_BYTES);
  const { bytesRead } = await handle.read(file, 0, FILE_BYTES, 0);
  if (bytesRead < FILE_BYTES) {
    // The blocks are taken now, while there is space for them.
    await handle.write(file.subarray(bytesRead), 0, FILE_BYTES - bytesRead, bytesRead);
    await handle.datasync();
    await syncFolder(folder);
  }
  const found = SLOTS.map((at) => decodeSlot(file.subarray(at, at + SLOT_BYTES)));
  let saved = Math.max(...found);
  let next = found[0]! < found[1]! ? 0 : 1;
  return {
    get saved() {
      return saved;
    },
    async save(sequence) {
      await handle.write(encodeSlot(sequence), 0, SLOT_BYTES, SLOTS[next]);
      await handle.datasync();
      next = 1 - next;
      saved = sequence;
    },
    close: () => handle.close(),
  };
}

function encodeSlot(sequence: number): Buffer {
  const slot = Buffer.alloc(SLOT_BYTES);
  slot.writeBigUInt64LE(BigInt(sequence), 4);
  slot.writeUInt32LE(crc32c(slot, 4), 0);
  return slot;
}

function decodeSlot(slot: Buffer): number {
  // All zero is an unused slot and no sum of its own: the CRC-32C of eight zero bytes is not zero.
  if (slot.readUInt32LE(0) !== crc32c(slot, 4)) return 0;
  const sequence = Number(slot.readBigUInt64LE(4));
  return Number.isSafeInteger(sequence) ? sequence : 0;
}
