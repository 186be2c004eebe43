/**
 * A listener that never throws, of one that may, or of none: whoever watches a run must not be able to end it.
 */
export function quietListener<Told>(listener: ((told: Told) => void) | undefined): (told: Told) => void {
  return (told) => {
    try {
      listener?.(told);
    } catch {
      // What a listener throws is its own matter.
    }
  };
}
