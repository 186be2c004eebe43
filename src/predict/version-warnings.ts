import type { PythonEnvironment } from "../job/trainer-description.ts";

/** Packages that every model depends on, beside those of its class. */
const ALWAYS = ["scikit-learn", "numpy", "pandas", "joblib"];

/** What packages are imported as, in lower case. */
function moduleOf(name: string): string {
  return name.toLowerCase().replaceAll("-", "_");
}

/**
 * What is said where models were fitted by other versions than those that load them: a line for Python itself and one for
 * each package. `classes` are the dotted class names of the models.
 */
export function versionWarnings(
  fitted: PythonEnvironment,
  found: PythonEnvironment,
  classes: readonly string[],
): string[] {
  const own = classes.map((name) => name.split(".")[0]!.toLowerCase());
  const packages = Object.keys(fitted.packages).filter((name) => {
    return ALWAYS.includes(name) || own.includes(moduleOf(name));
  });
  const versions = [
    ["Python", fitted.python, found.python] as const,
    ...packages.map((name) => [name, fitted.packages[name], found.packages[name]] as const),
  ];
  return versions.flatMap(([name, before, now]) => {
    if (before === undefined || before === null || before === now) return [];
    const here = now === undefined || now === null ? "it is not installed here" : `here it is ${now}`;
    return [`models were fitted with ${name} ${before}, ${here}; they may not load, or predict otherwise`];
  });
}
