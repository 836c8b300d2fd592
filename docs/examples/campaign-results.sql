-- What each campaign of the last 90 days came to, as `engagement campaign results` counts it: a message counts once, whatever is told of it again.
WITH told AS (
  SELECT
    application.app_id AS application_id,
    CASE WHEN starts_with(event_type, '_SMS.') THEN 'SMS' ELSE 'EMAIL' END AS channel,
    coalesce(facets.email_channel.mail_event.mail.message_id, element_at(attributes, 'message_id')) AS message_id,
    element_at(attributes, 'campaign_id') AS campaign_id,
    client.client_id AS endpoint_id,
    event_id,
    event_type,
    event_timestamp,
    metrics.price_in_millicents_usd AS price,
    TRY_CAST(element_at(attributes, 'number_of_message_parts') AS integer) AS parts
  FROM all_events
  WHERE ingest_hour >= date_format(current_timestamp - interval '93' day, '%Y/%m/%d/%H')
    AND event_type IN (
      '_email.send', '_email.rejected', '_email.rendering_failure', '_email.delivered', '_email.open', '_email.click',
      '_email.unsubscribe', '_email.hardbounce', '_email.softbounce', '_email.complaint',
      '_SMS.BUFFERED', '_SMS.SUCCESS', '_SMS.FAILURE', '_SMS.OPTOUT'
    )
),
messages AS (
  SELECT
    max(campaign_id) AS campaign_id,
    channel,
    -- An opt-out knows the message, and neither its endpoint nor its campaign.
    max(CASE WHEN event_type <> '_SMS.OPTOUT' THEN endpoint_id END) AS endpoint_id,
    min(event_timestamp) AS sent_at,
    bool_or(event_type NOT IN ('_email.rendering_failure', '_SMS.OPTOUT')) AS sent,
    bool_or(event_type = '_email.open') AS opened,
    bool_or(event_type = '_email.complaint') AS complained,
    bool_or(event_type = '_email.hardbounce') AS hard_bounced,
    bool_or(event_type = '_email.softbounce') AS soft_bounced,
    bool_or(event_type = '_email.rejected') AS rejected,
    bool_or(event_type = '_email.rendering_failure') AS not_rendered,
    bool_or(event_type IN ('_email.unsubscribe', '_SMS.OPTOUT')) AS opted_out,
    least(count(DISTINCT CASE WHEN event_type = '_email.click' THEN event_id END), 250) AS clicks,
    max_by(event_type, ROW(event_timestamp, event_type)) FILTER (WHERE event_type IN ('_SMS.SUCCESS', '_SMS.FAILURE')) AS outcome,
    max_by(price, ROW(event_timestamp, price)) FILTER (WHERE price IS NOT NULL) AS price,
    max_by(parts, ROW(event_timestamp, parts)) FILTER (WHERE parts IS NOT NULL AND event_type <> '_SMS.OPTOUT') AS parts
  FROM told
  GROUP BY application_id, channel, message_id
),
counted AS (
  SELECT
    *,
    CASE WHEN channel = 'SMS' THEN coalesce(outcome, '') = '_SMS.SUCCESS' ELSE sent AND NOT hard_bounced END AS delivered
  FROM messages
  WHERE campaign_id IS NOT NULL
    AND sent_at >= to_unixtime(date_trunc('day', current_timestamp) - interval '90' day) * 1000
)
SELECT
  campaign_id AS pinpoint_campaign_id,
  count_if(channel = 'EMAIL' AND sent) AS emails_sent,
  count_if(channel = 'EMAIL' AND delivered) AS emails_delivered,
  count_if(opened) AS opened,
  count_if(clicks > 0) AS clicked,
  sum(clicks) AS clicks,
  count_if(channel = 'EMAIL' AND opted_out) AS opted_out_by_email,
  count_if(complained) AS complained,
  count_if(hard_bounced) AS hard_bounced,
  count_if(soft_bounced) AS soft_bounced,
  count_if(rejected) AS rejected,
  count_if(not_rendered) AS not_rendered,
  count_if(channel = 'SMS' AND sent) AS texts_sent,
  count_if(channel = 'SMS' AND delivered) AS texts_delivered,
  count_if(channel = 'SMS' AND outcome = '_SMS.FAILURE') AS texts_failed,
  count_if(channel = 'SMS' AND opted_out) AS opted_out_by_text,
  sum(CASE WHEN channel = 'SMS' THEN coalesce(parts, 1) END) AS parts,
  sum(TRY_CAST(round(price * 1000000) AS bigint)) / 1e11 AS sms_spend_dollars,
  count(DISTINCT CASE WHEN delivered THEN endpoint_id END) AS unique_deliveries
FROM counted
GROUP BY campaign_id
