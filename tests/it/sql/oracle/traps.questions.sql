-- Allowed by the gate, which sees names alone; one a line.
table written
table written_stably
table hidden
table opened
table settings
table locked
table locked_and_failed
table listening
table spoken
table numbered
table large
table cursors
table temporary_tables
table committed
table called
table taken
table row_locked
select 1 ### 2
select 'x'::checked
select cast('x' as checked)
select row(1)::secret::text
select row(1)::secret
select lower(c) from customers c limit 1
select * from guarded
select count(*) from guarded
table ruled
table sorted_view
select * from opened, written
select (select n from opened), (select n from hidden)
select n from settings union all select n::text from locked
with o as (select * from opened) select * from o join hidden using (n)
select * from locked where exists (select 1 from spoken)
