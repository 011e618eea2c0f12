import type { Answers } from "../../gateway/setup/answers.ts";

/** What a school answers. */
export const answers = (layout: "box" | "school"): Answers => ({
  layout,
  site: "riverside",
  rooms: layout === "box" ? ["room-12"] : ["room-11", "room-12"],
  hosts: ["focus.school.example", "192.0.2.7"],
  camera: { name: "front", driver: "simulated" },
});
