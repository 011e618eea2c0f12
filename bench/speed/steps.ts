import { type PerceiveOptions, perceiveWith } from "../../gateway/eye/perceive/perceive.ts";
import { openOnBest, type Running } from "../../gateway/eye/perceive/providers/ladder.ts";
import type { Network } from "../../gateway/eye/perceive/providers/network.ts";
import type { Logger } from "../../gateway/log.ts";
import type { View } from "../../gateway/terms.ts";
import { type PreparedPack, ROLES, type Role } from "../../models/manifest.ts";
import { type BenchPicture, decode } from "./pictures.ts";
import { interleave, median, ratio } from "./sample.ts";

/** A run of one network, as the pipeline asked for it. */
interface Asked {
  readonly role: Role;
  readonly count: number;
}

/** The pipeline with its networks within reach. */
export interface Bare {
  /** Decodes a picture and looks at it. */
  whole(picture: BenchPicture): Promise<View>;
  /** Only what cannot be left out: decodes it, and runs the same networks on as many pictures as `whole` did. */
  limit(picture: BenchPicture): Promise<void>;
  /** The limit's parts. */
  decodeOnly(picture: BenchPicture): Promise<void>;
  networkOnly(picture: BenchPicture, role: Role): Promise<void>;
  close(): Promise<void>;
}

export async function openBare(pack: PreparedPack, options: PerceiveOptions, log: Logger): Promise<Bare> {
  const running = await openOnBest(pack, options, { log });
  const asked = new Map<string, Asked[]>();
  let now: Asked[] = [];
  const listening = Object.fromEntries(
    Object.entries(running.networks.of).map(([role, network]) => [
      role,
      {
        ...network,
        run(count: number) {
          now.push({ role: role as Role, count });
          return network.run(count);
        },
      } satisfies Network,
    ]),
  ) as Running["networks"]["of"];
  const perception = perceiveWith(
    { ...running, networks: { ...running.networks, of: listening } },
    options,
    pack,
  );
  let sequence = 0;

  /** All runs of a role are asked for at once, so that the network waits for nobody. */
  async function replay({ name }: BenchPicture, role: Role): Promise<void> {
    const runs = (asked.get(name) ?? []).filter((run) => run.role === role);
    await Promise.all(runs.map(({ count }) => running.networks.of[role].run(count)));
  }

  return {
    async whole(picture) {
      now = [];
      const frame = await decode(picture, sequence++);
      // Each class is one camera, so that its seats are known from picture to picture, as in a lesson.
      const view = await perception.look({ ...frame, camera: picture.name.replace(/, \d+$/, "") });
      asked.set(picture.name, now);
      return view;
    },
    async limit(picture) {
      await decode(picture);
      for (const role of ROLES) await replay(picture, role);
    },
    decodeOnly: async (picture) => void (await decode(picture)),
    networkOnly: replay,
    close: () => perception.close(),
  };
}

/** Milliseconds a picture, in the middle, of the whole, its limit and the limit's parts; and how near they are. */
export interface Steps {
  readonly whole: number;
  readonly limit: number;
  readonly decode: number;
  readonly networks: Readonly<Record<Role, number>>;
  /** limit ÷ whole: 1 would be a pipeline that costs nothing. */
  readonly share: number;
  readonly faces: number;
}

export async function measureSteps(
  bare: Bare,
  pictures: readonly BenchPicture[],
  turns: number,
): Promise<Steps> {
  let faces = 0;
  for (const picture of pictures) faces += (await bare.whole(picture)).faces.length;
  const all = (look: (picture: BenchPicture) => Promise<unknown>) => async () => {
    for (const picture of pictures) await look(picture);
  };
  const [whole, limit, decoding, ...networks] = await interleave(turns, [
    all(bare.whole),
    all(bare.limit),
    all(bare.decodeOnly),
    ...ROLES.map((role) => all((picture) => bare.networkOnly(picture, role))),
  ]);
  const each = (took: readonly number[]) => median(took) / pictures.length;
  return {
    whole: each(whole!),
    limit: each(limit!),
    decode: each(decoding!),
    networks: Object.fromEntries(ROLES.map((role, index) => [role, each(networks[index]!)])) as Record<
      Role,
      number
    >,
    share: ratio(limit!, whole!),
    faces: faces / pictures.length,
  };
}
