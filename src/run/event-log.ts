import { EVENT_VERSION, type RunEvent } from "./run-event.ts";

/** One line of `events.ndjson`, with its newline. */
export function eventLine(event: RunEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/**
 * The events of an `events.ndjson`. A last line without its newline is what a crash left and is passed over; so are
 * events of a newer version than this manyfit knows.
 */
export function eventsFrom(text: string): RunEvent[] {
  const lines = text.split("\n").slice(0, -1);
  const events: RunEvent[] = [];
  for (const line of lines) {
    const event = JSON.parse(line) as RunEvent;
    if (event.type === "run.started" && event.version > EVENT_VERSION) return [];
    events.push(event);
  }
  return events;
}
