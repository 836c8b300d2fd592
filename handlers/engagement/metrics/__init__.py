"""What became of messages, counted as the events arrive, and the KPIs that are made of the counters.

The promise: a counter is a function of the set of events that have arrived, whatever their order, number and batches. Each message has
one item with what is known of it (`message.py`), each recipient one with the days on which it counts (`people.py`); an event that adds
nothing to them changes nothing. Items and counters change in one transaction (`counting.py`), on condition that the items are as they
were read: a consumer that is killed leaves all of a transaction or nothing, and whoever comes next adds what is missing.

An event of a message that was sent more than 90 days ago is not counted: no KPI reaches that far. Of one message, 250 clicks count.

Cost: two write units for a message and batch of events that tell something new of it, two more for a recipient of a campaign (once a
message) or who opens or clicks a transactional email for the first time, and two for each row of counters in a transaction of up to 100
items. Nothing is written for a repetition.

Layout of the sends table:
| what | pk | sk |
|---|---|---|
| a message: `doc`, `v` | `MSG#{digest of application, channel, message id}` | `-` |
| a recipient: `doc`, `v` | `PER#{digest of application and endpoint id}` | `-` |
| counters of an application, by campaign (`-`: of none; `*`: of all) | `KPI#{application}` | `{day}#{campaign}#{shard}` |
| counters of a campaign, by activity (`*`: of all) | `KPI#{application}#C#{campaign}` | `{day}#{activity}#{shard}` |
| counters of a journey, by activity | `KPI#{application}#J#{journey}` | `{day}#{activity}#{shard}` |

The day is the UTC day on which the message was sent: the earliest `event_timestamp` of its events.
"""
