import { rmSync } from "node:fs";
import { join } from "node:path";
import { projectFolder } from "./step.mjs";

// What was built from sources that are gone must not be published.
rmSync(join(projectFolder, "dist"), { recursive: true, force: true });
