const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 5 * 60_000;
const ANSWER_WITHIN_MS = 15_000;
/** What waits is bounded: the oldest goes first. */
const MOST_WAITING = 500;
/** Waiting does not mend these; sending the same again would only be refused again. */
const REFUSED = [400, 405, 406, 410, 411, 412, 413, 414, 415, 422];

/**
 * Sends things to one place over HTTP, one after the other and in order, each until it has arrived: with growing pauses
 * while the place is away or says that it is busy. What is refused for what it is, is told and left out. Kept in memory,
 * `MOST_WAITING` at most.
 *
 *  - `prepare(item)` gives `{ url, headers, body }` when it is sent, so that a changed password is used at once;
 *  - `isThere(status)` says which refusals mean that it was there before;
 *  - `onState({ waiting, problem })`, `onSent(item, status)`, `onLost(item, why)` tell what became of it.
 *
 * A redirect is not followed: it could lead where nobody allowed anything to be sent.
 */
function openDelivery({
  prepare,
  onState,
  onSent,
  onLost,
  isThere = () => false,
  firstPauseMs = FIRST_PAUSE_MS,
}) {
  const waiting = [];
  const closing = new AbortController();
  let isRunning = false;

  async function attempt(item) {
    const { url, headers, body } = prepare(item);
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
      redirect: "manual",
      signal: AbortSignal.any([closing.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    await answer.body?.cancel();
    return answer;
  }

  async function run() {
    isRunning = true;
    let pauseMs = firstPauseMs;
    while (waiting.length > 0 && !closing.signal.aborted) {
      const item = waiting[0];
      let problem;
      let wantedMs = 0;
      try {
        const answer = await attempt(item);
        if (answer.ok || isThere(answer.status)) {
          take(item);
          pauseMs = firstPauseMs;
          onSent(item, answer.status);
          onState({ waiting: waiting.length, problem: null });
          continue;
        }
        problem = `HTTP ${answer.status}`;
        if (REFUSED.includes(answer.status)) {
          take(item);
          onLost(item, problem);
          continue;
        }
        wantedMs = 1000 * Number(answer.headers.get("retry-after")) || 0;
      } catch (error) {
        problem = error.cause?.code ?? error.message;
      }
      if (closing.signal.aborted) break;
      onState({ waiting: waiting.length, problem });
      await sleep(Math.min(Math.max(pauseMs, wantedMs), LONGEST_PAUSE_MS), closing.signal);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
    isRunning = false;
  }

  /** It may have been crowded out while it was on its way. */
  const take = (item) => {
    if (waiting[0] === item) waiting.shift();
  };

  return {
    send(item) {
      waiting.push(item);
      if (waiting.length > MOST_WAITING) onLost(waiting.shift(), "too much is waiting");
      if (!isRunning) run();
    },
    close: () => closing.abort(),
  };
}

function sleep(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    function end() {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    }
    signal.addEventListener("abort", end);
  });
}

module.exports = { openDelivery };
