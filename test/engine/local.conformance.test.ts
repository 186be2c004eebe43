import { checkEngine } from "../conformance/check-engine.ts";
import { localMember } from "./local-member.ts";

const oracle = localMember(0);

checkEngine("local with 1 worker", localMember(1), oracle);
checkEngine("local with 2 workers and small buckets", localMember(2, { rows: 100, partitions: 3 }), oracle);
checkEngine("local with 8 workers", localMember(8), oracle);
checkEngine("local in place", oracle, localMember(2));
