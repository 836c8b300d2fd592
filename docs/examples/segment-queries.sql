-- Federated segmentation: queries whose columns are those of an import file. Each is the Query of one run.

-- direct: a segment for immediate use. Customers who bought red shoes in the last three months, opened more than 15 emails
-- in the last nine, and looked at a shoe in the last 24 hours.
SELECT c.endpoint_id AS Id
FROM customers c
JOIN purchases p ON p.customer_id = c.customer_id
JOIN activity a ON a.customer_id = c.customer_id
WHERE p.product = 'shoes' AND p.color = 'red' AND p.purchased >= current_timestamp - INTERVAL '3' MONTH
GROUP BY c.endpoint_id
HAVING count_if(a.kind = 'email.open' AND a.happened >= current_timestamp - INTERVAL '9' MONTH) > 15
   AND count_if(a.kind = 'page.shoes' AND a.happened >= current_timestamp - INTERVAL '1' DAY) > 0;

-- mutate: attributes for dynamic segments.
SELECT c.endpoint_id AS Id, 'True' AS "Attributes.RedShoes", CAST(CAST(sum(p.amount) AS decimal(18, 2)) AS varchar) AS "Metrics.Spent"
FROM customers c JOIN purchases p ON p.customer_id = c.customer_id
GROUP BY c.endpoint_id;
