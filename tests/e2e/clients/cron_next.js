// For each line of standard input, "COUNT<tab>FROM<tab>SCHEDULE", the next COUNT moments after FROM
// in UTC by cron-parser.
const { CronExpressionParser } = require('cron-parser');

for (const line of require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  const [count, from, schedule] = line.split('\t');
  const found = CronExpressionParser.parse(schedule, {
    currentDate: new Date(Number(from) * 1000), tz: 'UTC',
  });
  const moments = [];
  for (let left = Number(count); left > 0; --left) moments.push(found.next().getTime() / 1000);
  console.log(moments.join(' '));
}
