//! Functions that only compute: all others are refused by name.
//!
//! A read-only transaction stops writes to tables. It does not stop functions that sleep, lock,
//! read files, open connections, signal other sessions or change settings; hence these lists.

/// PostgreSQL's, and those of extensions that people query with.
pub(super) fn postgres(name: &str) -> bool {
    [
        AGGREGATES, WINDOW, TEXT, PATTERNS, MATH, TIME, CONDITIONS, JSON, ARRAYS, RANGES, SEARCH,
        CATALOG, EXTENSIONS, SYNTAX, CASTS,
    ]
    .iter()
    .any(|group| lists(group, name))
}

/// SQLite's; names come folded to lower case.
pub(super) fn sqlite(name: &str) -> bool {
    lists(SQLITE, name)
}

/// Whether `name` is one of the words.
pub(super) fn lists(words: &str, name: &str) -> bool {
    words.split_whitespace().any(|word| word == name)
}

const AGGREGATES: &str = "
    any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop
    covar_samp every grouping json_agg json_object_agg jsonb_agg jsonb_object_agg max min
    mode percentile_cont percentile_disc range_agg regr_avgx regr_avgy regr_count
    regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop
    stddev_samp string_agg sum var_pop var_samp variance";

const WINDOW: &str = "
    cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank
    row_number";

const TEXT: &str = "
    ascii bit_length btrim casefold char_length character_length chr concat concat_ws
    convert_from convert_to crc32 decode encode format get_bit get_byte initcap left length
    lower lpad ltrim md5 normalize octet_length overlay parse_ident position quote_ident
    quote_literal quote_nullable repeat replace reverse right rpad rtrim sha224 sha256
    sha384 sha512 split_part starts_with string_to_array string_to_table strpos substr
    substring to_ascii to_bin to_hex to_oct translate trim unistr upper";

const PATTERNS: &str = "
    regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace
    regexp_split_to_array regexp_split_to_table regexp_substr";

const MATH: &str = "
    abs acos acosd acosh asin asind asinh atan atan2 atan2d atand atanh cbrt ceil ceiling cos cosd cosh cot cotd
    degrees div exp factorial floor gcd lcm ln log log10 min_scale mod pi pow power radians
    random round scale sign sin sind sinh sqrt tan tand tanh trim_scale trunc width_bucket";

const TIME: &str = "
    age clock_timestamp date date_add date_bin date_part date_subtract date_trunc extract
    isfinite justify_days justify_hours justify_interval make_date make_interval make_time
    make_timestamp make_timestamptz now overlaps statement_timestamp timeofday timezone
    to_char to_date to_number to_timestamp transaction_timestamp";

const CONDITIONS: &str = "
    num_nonnulls num_nulls";

const JSON: &str = "
    array_to_json json_array_elements json_array_elements_text json_array_length
    json_build_array json_build_object json_each json_each_text json_extract_path
    json_extract_path_text json_object json_object_keys json_populate_record
    json_populate_recordset json_strip_nulls json_to_record json_to_recordset json_typeof
    jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array
    jsonb_build_object jsonb_concat jsonb_contains jsonb_each jsonb_each_text jsonb_exists
    jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_keys
    jsonb_path_exists jsonb_path_match jsonb_path_query jsonb_path_query_array
    jsonb_path_query_first jsonb_populate_record jsonb_populate_recordset jsonb_pretty
    jsonb_set jsonb_set_lax jsonb_strip_nulls jsonb_to_record jsonb_to_recordset
    jsonb_typeof row_to_json to_json to_jsonb";

const ARRAYS: &str = "
    array_append array_cat array_dims array_length array_lower array_ndims array_position
    array_positions array_prepend array_remove array_replace array_reverse array_sort
    array_to_string array_upper cardinality generate_series generate_subscripts trim_array
    unnest";

const RANGES: &str = "
    datemultirange daterange int4multirange int4range int8multirange int8range isempty
    lower_inc lower_inf multirange nummultirange numrange range_merge tsmultirange tsrange
    tstzmultirange tstzrange upper_inc upper_inf";

const SEARCH: &str = "
    numnode phraseto_tsquery plainto_tsquery querytree setweight strip to_tsquery
    to_tsvector ts_headline ts_rank ts_rank_cd tsvector_to_array websearch_to_tsquery";

/// Questions about the structure; `current_setting` is not among them, as people keep keys there.
const CATALOG: &str = "
    col_description current_database current_schema current_schemas format_type
    has_any_column_privilege has_column_privilege has_schema_privilege has_table_privilege
    obj_description pg_column_size pg_current_xact_id_if_assigned pg_database_size
    pg_get_constraintdef pg_get_expr pg_get_indexdef pg_get_serial_sequence pg_get_viewdef
    pg_indexes_size pg_is_in_recovery pg_postmaster_start_time pg_relation_size
    pg_size_bytes pg_size_pretty pg_table_is_visible pg_table_size pg_total_relation_size
    pg_typeof quote_ident shobj_description to_regclass to_regtype txid_current_if_assigned
    version";

/// pgcrypto's digest, uuid, pg_trgm, unaccent, fuzzystrmatch, hstore, pgvector, PostGIS, TimescaleDB.
const EXTENSIONS: &str = "
    akeys avals cosine_distance difference digest dmetaphone gen_random_uuid hstore_to_json
    inner_product l2_distance levenshtein metaphone similarity skeys soundex st_area
    st_asgeojson st_astext st_buffer st_centroid st_contains st_distance st_distancesphere
    st_dwithin st_geogfromtext st_geomfromtext st_intersects st_length st_makepoint st_point
    st_setsrid st_transform st_within st_x st_y strict_word_similarity svals time_bucket
    unaccent uuid_extract_timestamp uuid_extract_version uuidv4 uuidv7 vector_dims
    word_similarity";

/// What the grammar itself turns special forms into, always below `pg_catalog`.
const SYNTAX: &str = "
    is_normalized like_escape notlike pg_collation_for similar_escape similar_to_escape
    xmlexists";

/// Types written like functions: `text(x)`, `int4(x)`.
const CASTS: &str = "
    bool float4 float8 int2 int4 int8 interval jsonb numeric text time timestamp timestamptz
    varchar";

const SQLITE: &str = "
    abs acos asin atan atan2 avg bm25 ceil ceiling char coalesce concat concat_ws cos count
    cume_dist date datetime degrees dense_rank exp first_value floor format glob
    group_concat hex highlight if ifnull iif instr json json_array json_array_length
    json_each json_error_position json_extract json_group_array json_group_object
    json_insert json_object json_patch json_pretty json_quote json_remove json_replace
    json_set json_tree json_type json_valid julianday lag last_value lead length like
    likelihood likely ln log log10 log2 lower ltrim max median min mod nth_value ntile
    nullif octet_length percent_rank percentile percentile_cont percentile_disc pi pow power
    printf quote radians random rank replace round row_number rtrim sign sin snippet soundex
    sqlite_version sqrt strftime string_agg substr substring sum tan time timediff total
    trim trunc typeof unhex unicode unistr unixepoch unlikely upper";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_with_effects_is_listed() {
        for name in [
            "pg_sleep",
            "set_config",
            "current_setting",
            "nextval",
            "setval",
            "lo_import",
            "lo_get",
            "dblink",
            "pg_read_file",
            "pg_ls_dir",
            "pg_stat_file",
            "query_to_xml",
            "pg_notify",
            "pg_advisory_lock",
            "pg_terminate_backend",
            "pg_cancel_backend",
            "txid_current",
            "pg_current_xact_id",
            "pg_logical_emit_message",
            "pg_reload_conf",
            "currval",
            "ts_stat",
            "pg_export_snapshot",
            "st_fromgdalraster",
            "ts_rewrite",
            "crosstab",
            "xpath",
        ] {
            assert!(!postgres(name), "{name}");
        }
        for name in [
            "load_extension",
            "readfile",
            "writefile",
            "zeroblob",
            "randomblob",
            "fts3_tokenizer",
            "edit",
        ] {
            assert!(!sqlite(name), "{name}");
        }
    }
}
