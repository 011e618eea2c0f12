/**
 * Function nodes run in a context of their own, from which JavaScript offers one well-known way out: every object that
 * is handed in has a `constructor`, whose own `constructor` makes functions from text *outside*, where `process` is.
 * This takes that way; the permissions under which the process runs (process.ts) take programs and files even from who
 * finds another. Call it when everything is loaded: libraries make functions from text while they load.
 */
export function seal(): void {
  const kinds = [() => {}, async () => {}, function* () {}, async function* () {}];
  for (const kind of kinds) {
    const prototype: object = Object.getPrototypeOf(kind);
    const name = (prototype.constructor as { name: string }).name;
    const refuse = () => {
      throw new EvalError("functions are not made from text here");
    };
    Object.defineProperty(refuse, "name", { value: name });
    Object.defineProperty(prototype, "constructor", { value: refuse, writable: false, configurable: false });
  }
}
