CREATE TABLE auth_user (
    id {key},
    username varchar(150) NOT NULL UNIQUE,
    first_name varchar(150) NOT NULL,
    last_name varchar(150) NOT NULL,
    email varchar(254) NOT NULL,
    is_active boolean NOT NULL
);
CREATE TABLE association (
    id {key},
    provider varchar(32) NOT NULL,
    uid varchar(255) NOT NULL,
    user_id bigint NOT NULL REFERENCES auth_user (id),
    UNIQUE (provider, uid)
);
CREATE TABLE access_token (
    id {key},
    user_id bigint NOT NULL REFERENCES auth_user (id),
    digest varchar(64) NOT NULL UNIQUE,
    created {time} NOT NULL
);
CREATE INDEX access_token_user ON access_token (user_id);
