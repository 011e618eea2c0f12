import { onTestFinished } from "vitest";
import { createLogger } from "../../gateway/log.ts";
import { connectMqtt } from "../../gateway/mqtt.ts";

/** Hears everything under a test's room, newest last, until the test ends. */
export async function listen(url: string, login: { username?: string; password?: string } = {}) {
  const heard: Array<{ topic: string; payload: string }> = [];
  const connection = connectMqtt(
    { url, ...login, clientId: `listener-${Math.random()}`, cleanSession: true },
    createLogger("error"),
  );
  onTestFinished(() => connection.close());
  connection.onMessage(
    async (topic, payload) =>
      void heard.push({ topic: topic.replace("classroom/v1/test/r1/", ""), payload: payload.toString() }),
  );
  await connection.subscribe("classroom/v1/test/r1/#");
  const windows = () =>
    heard
      .filter(({ topic }) => topic === "focus")
      .map(({ payload }) => JSON.parse(payload) as Record<string, unknown>);
  return { connection, heard, windows };
}
