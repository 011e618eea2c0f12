import type { Perception } from "../../gateway/eye/perceive/perceive.ts";
import { match } from "../../gateway/eye/perceive/selfcheck.ts";
import { openPainter } from "../../gateway/eye/simulate/painter.ts";
import type { Moment, SeatTruth } from "../../gateway/eye/simulate/world.ts";
import type { Activity, SeatedFace, Target, View } from "../../gateway/terms.ts";
import type { DrawnRoom } from "./rooms.ts";
import { type Cohort, cohortsOf, momentsOf, openWorld, STEP_SECONDS } from "./truth.ts";

/** A moment of a drawn lesson, and what the real perception saw of it. */
export interface Sight {
  readonly moment: Moment;
  readonly view: View;
  /** The face that was found for each student (by the simulator's seat), where one was. */
  readonly found: ReadonlyMap<number, SeatedFace>;
}

/** Draws a lesson, two pictures a second, and looks at each with the networks that a live gateway uses. */
export async function* seeLesson(
  room: DrawnRoom,
  perception: Perception,
  { steps, from = 0 }: { steps: number; from?: number },
): AsyncGenerator<Sight> {
  const world = openWorld(room);
  const painter = openPainter({ ...room, room: world.room });
  // A name of its own, so that perception starts with empty seats.
  const camera = `${room.kind} ${room.seed}`;
  for (const [sequence, moment] of momentsOf(world, steps, from).entries()) {
    const time = Math.round(sequence * STEP_SECONDS * 1000);
    const view = await perception.look({ ...(await painter.paint(moment)), camera, sequence, time });
    const pairs = match(view.faces, moment.sittings);
    // `match` hands back the faces it was given, and those of a view have seats.
    const found = new Map([...pairs].map(([{ seat }, face]) => [seat, face as SeatedFace]));
    yield { moment, view, found };
  }
}

/** What a room's evaluation needs of a lesson that was drawn and looked at. Plain JSON. */
export interface Recording {
  readonly kind: DrawnRoom["kind"];
  readonly cohorts: readonly Cohort[];
  readonly sights: readonly RecordedSight[];
}
export interface RecordedSight {
  readonly activity: Activity;
  readonly view: View;
  readonly truth: readonly { readonly target: Target; readonly shift: SeatTruth["shift"] }[];
  /** The simulator's seat of each face of the view, or null where there is nobody. */
  readonly sitters: readonly (number | null)[];
}

export async function recordLesson(
  room: DrawnRoom,
  perception: Perception,
  { steps, from, onStep }: { steps: number; from?: number; onStep?: (done: number) => void },
): Promise<Recording> {
  const sights: RecordedSight[] = [];
  for await (const { moment, view, found } of seeLesson(room, perception, {
    steps,
    ...(from ? { from } : {}),
  })) {
    const owners = new Map([...found].map(([seat, face]) => [face, seat]));
    sights.push({
      activity: moment.activity,
      view,
      truth: moment.sittings.map(({ target, shift }) => ({ target, shift })),
      sitters: view.faces.map((face) => owners.get(face) ?? null),
    });
    onStep?.(sights.length);
  }
  return { kind: room.kind, cohorts: cohortsOf(room, openWorld(room)), sights };
}
