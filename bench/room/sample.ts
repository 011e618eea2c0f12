import type { Heard } from "./hear.ts";
import type { Taken } from "./processes.ts";

/** A look at the room and its gateway. */
export interface Sample extends Heard {
  /** Since the beginning. */
  readonly seconds: number;
  readonly processes: readonly Taken[];
  /** In the data folder, the store and the models too. */
  readonly files: number;
  readonly megabytes: number;
}
