import { newest } from "./newest";

const versions = ["1.10.0", "1.9.3", "2.0.0-rc.1", "1.10.1"];
console.log(`${process.env.NODE_ENV}: ^1.9 is ${newest(versions, "^1.9")}`);
