import { ManyfitError } from "../errors.ts";
import { PROTOCOL_VERSION } from "../protocol/message.ts";

/**
 * Checks that an engine speaks the version of the protocol that this worker does.
 * @throws ManyfitError `worker_failed`
 */
export function checkProtocol(version: number): void {
  if (version === PROTOCOL_VERSION) return;
  throw new ManyfitError(
    "worker_failed",
    `worker speaks protocol ${PROTOCOL_VERSION}, its engine ${version}: two versions of manyfit are mixed`,
  );
}
