-- Fields by which lists are asked for: a person's requests for access, those that nobody has decided, a person's conversations.
-- They are few among all of their kind, and all of them are counted for each page.
CREATE INDEX access_request_by_requester ON records (account, state, json_extract(body, '$."requester"'), created_at, id)
WHERE kind = 'access_request';
CREATE INDEX access_request_by_state ON records (account, state, json_extract(body, '$."state"'), created_at, id)
WHERE kind = 'access_request';
CREATE INDEX chat_thread_by_user ON records (account, state, json_extract(body, '$."user"'), updated_at, id)
WHERE kind = 'chat_thread';
