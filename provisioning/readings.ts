import { RELIABLE } from "../gateway/terms.ts";
import { isOneOf } from "./influxql.ts";

/** Of measurements, those that can be relied on. */
export const reliable = isOneOf("quality", RELIABLE);
