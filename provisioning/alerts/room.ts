import { type Select, TIME } from "../influxql.ts";

/** An alert for each room that it concerns: whatever is asked is asked by room. */
export const byRoom = (query: Select) => query.where(TIME).by("site", "room");

/** The room, in an alert's text. */
export const WHERE = "{{ $labels.site }} {{ $labels.room }}";

export const MINUTE_S = 60;
export const HOUR_S = 60 * MINUTE_S;
