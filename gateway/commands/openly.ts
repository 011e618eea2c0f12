import { audit } from "../audit.ts";
import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { openIndicator } from "../indicator.ts";
import { openPermissions } from "../protect/protect.ts";

/** Who keeps the cameras shut for a command, and why; null when it may open them. */
export async function whoMinds(config: Config): Promise<{ by: string; because: string } | null> {
  const answer = await openPermissions(config.privacy, config).ask(systemClock.now());
  return answer.granted ? null : answer;
}

/**
 * What a command does with open cameras, as in a lesson: the light shines meanwhile, and it is written down that they were
 * open, and for what. Rejects at once when the light goes out. Ask `whoMinds` before.
 */
export async function openly<T>(
  { privacy, dataFolder }: Config,
  by: string,
  work: () => Promise<T>,
): Promise<T> {
  let goDark: (error: Error) => void = () => {};
  const dark = new Promise<never>((_, reject) => {
    goDark = reject;
  });
  dark.catch(() => {}); // it is thrown where it is raced
  const light = openIndicator(privacy.indicator, goDark);
  await light.on();
  try {
    await audit(dataFolder, "cameras_opened", { profile: privacy.profile, by }, systemClock);
    try {
      return await Promise.race([work(), dark]);
    } finally {
      await audit(dataFolder, "cameras_closed", { by, because: null }, systemClock);
    }
  } finally {
    await light.off().finally(light.close);
  }
}
