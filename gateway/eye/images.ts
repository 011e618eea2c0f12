/**
 * sharp, loaded when it is first needed and set up for a process that turns pictures over all day: no cache of finished
 * work, which would only hold memory, and one thread, because the other cores have networks to run.
 */
export async function images(): Promise<typeof import("sharp").default> {
  const { default: sharp } = await import("sharp");
  sharp.cache(false);
  sharp.concurrency(1);
  return sharp;
}
