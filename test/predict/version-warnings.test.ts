import { expect, test } from "vitest";
import type { PythonEnvironment } from "../../src/job/trainer-description.ts";
import { versionWarnings } from "../../src/predict/version-warnings.ts";

function environment(python: string, packages: PythonEnvironment["packages"]): PythonEnvironment {
  return { python, implementation: "CPython", executable: "/python", platform: "Linux", packages, blas: [] };
}

const FITTED = environment("3.11.9", {
  ...{ "scikit-learn": "1.4.2", numpy: "1.26.4", pandas: "2.2.2", joblib: "1.3.2" },
  ...{ lightgbm: "4.3.0", matplotlib: "3.8.0", polars: null },
});

test("the same versions are no reason to say anything, nor are packages that no model needs", () => {
  expect(versionWarnings(FITTED, FITTED, ["lightgbm.LGBMRegressor"])).toEqual([]);
  const other = environment("3.11.9", { ...FITTED.packages, matplotlib: "3.9.0", lightgbm: null });
  expect(versionWarnings(FITTED, other, ["sklearn.linear_model.Ridge"])).toEqual([]);
});

test("every other version is told once, with both", () => {
  const packages = { ...FITTED.packages, numpy: "2.0.0", lightgbm: null };
  const found = environment("3.12.1", packages);
  const classes = ["lightgbm.sklearn.LGBMRegressor", "lightgbm.sklearn.LGBMClassifier"];
  expect(versionWarnings(FITTED, found, classes)).toEqual([
    "models were fitted with Python 3.11.9, here it is 3.12.1; they may not load, or predict otherwise",
    "models were fitted with numpy 1.26.4, here it is 2.0.0; they may not load, or predict otherwise",
    "models were fitted with lightgbm 4.3.0, it is not installed here; they may not load, or predict otherwise",
  ]);
});
