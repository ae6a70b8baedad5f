-- Products whose members follow a query: each server looks for them whenever rights of the account may have changed.
CREATE INDEX data_product_by_members_follow ON records (account, state, body_member(body, 'members_follow'), created_at, id)
WHERE kind = 'data_product';
