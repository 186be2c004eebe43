import type { ProcessEnd } from "../protocol/framed-process.ts";
import type { FromPython, InspectedPackage, PythonInspected } from "../protocol/python-message.ts";
import { PythonChild } from "./python-child.ts";

/** What an interpreter has of what trainers need. */
export interface PythonInspection {
  /** Null where it is no Python that trainers can run in. */
  readonly interpreter: PythonInterpreter | null;
  /** Those that were looked at, what is needed first. */
  readonly packages: readonly PythonPackage[];
  /** Libraries of linear algebra that the packages loaded. */
  readonly blas: Extract<PythonInspected, { part: "end" }>["blas"];
  /** One line for a shell that installs what is missing; null where nothing is, or where nobody knows. */
  readonly mend: string | null;
  /** Why there is no more to tell; null where all was answered. */
  readonly problem: string | null;
}

/** A Python that answered. */
export type PythonInterpreter = Omit<Extract<PythonInspected, { part: "python" }>, "part" | "packages">;

/** A package that trainers need, or that some of them do. */
export interface PythonPackage extends InspectedPackage {
  /** Lowest version, such as `2.2`. */
  readonly lowest: string;
  /** Whether most trainers need it; without the others only those fail that ask for them. */
  readonly isNeeded: boolean;
}

/** Characters of what an interpreter prints that are told where it says nothing else. */
const MOST_WORDS = 300;

/**
 * Starts an interpreter as trainers are started, and asks what it has; it imports the packages, which takes seconds. What
 * an interpreter does is an answer, too: one that dies of a package has it as `broken`, one that says nothing within
 * `withinMs` milliseconds is ended, and `problem` says so.
 */
export async function inspectPython(python: string, withinMs: number): Promise<PythonInspection> {
  const answers: PythonInspected[] = [];
  const problem = await askPython(python, withinMs, (answer) => answers.push(answer));
  return inspectionOf(answers, problem);
}

/** Resolves at the end of the answers with null, or with why there is no end. */
async function askPython(
  python: string,
  withinMs: number,
  onAnswer: (answer: PythonInspected) => void,
): Promise<string | null> {
  let printed = "";
  let child: PythonChild | undefined;
  let tooLate: NodeJS.Timeout | undefined;
  try {
    return await new Promise<string | null>((done) => {
      const hear = (message: FromPython): void => {
        if (message.type !== "inspected") return;
        onAnswer(message);
        if (message.part === "end") done(null);
      };
      const mourn = ({ cause, lastWords }: ProcessEnd): void => {
        const words = (lastWords || printed).trim();
        done(words === "" ? cause : `${cause}: ${words.slice(0, MOST_WORDS)}`);
      };
      tooLate = setTimeout(
        () => done(`${python} did not answer within ${withinMs / 1000} s, and was ended`),
        withinMs,
      );
      child = new PythonChild(
        { name: python, python, blasThreads: 1 },
        {
          onMessage: hear,
          onPrinted: (_, text) => {
            printed = (printed + text).slice(0, MOST_WORDS);
          },
          onEnd: mourn,
          onFailure: ({ message }) => done(message),
        },
      );
      child.send({ type: "inspect" });
    });
  } finally {
    clearTimeout(tooLate);
    await child?.kill();
  }
}

function inspectionOf(answers: readonly PythonInspected[], problem: string | null): PythonInspection {
  const about = answers.find((answer) => answer.part === "python");
  const end = answers.find((answer) => answer.part === "end");
  if (about === undefined) return { interpreter: null, packages: [], blas: [], mend: null, problem };
  const { packages: announced, version, implementation, executable } = about;
  const { belongsToSystem, environmentPython } = about;
  const answered = new Map<string, InspectedPackage>();
  for (const answer of answers) if (answer.part === "package") answered.set(answer.name, answer);
  // They are imported in this order: the first without an answer was at work when the process ended.
  const culprit = announced.find(({ name }) => !answered.has(name));
  if (culprit !== undefined)
    answered.set(culprit.name, { name: culprit.name, version: null, state: "broken", problem });
  const packages = announced.flatMap((known) => {
    const found = answered.get(known.name);
    return found === undefined
      ? []
      : [{ ...known, version: found.version, state: found.state, problem: found.problem }];
  });
  return {
    interpreter: { version, implementation, executable, belongsToSystem, environmentPython },
    packages,
    blas: end?.blas ?? [],
    mend: end?.mend ?? null,
    problem: culprit === undefined ? problem : null,
  };
}
