const { gcd, lcm } = require("mathjs/number");

const [a, b] = process.argv.slice(2).map(Number);
console.log(`gcd ${gcd(a, b)}, lcm ${lcm(a, b)}`);
