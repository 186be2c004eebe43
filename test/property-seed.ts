import fc from "fast-check";

/** On a laptop each run of the property tests looks elsewhere; CI judges the change and not the luck of a seed. */
if (process.env["CI"] === "true") fc.configureGlobal({ seed: 20_261_122 });
