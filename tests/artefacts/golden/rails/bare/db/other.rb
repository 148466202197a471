ActiveRecord::Schema[7.1].define(version: 2024_02_02_000000) do
  create_table "orders", force: :cascade do |t|
    t.string "reference", limit: 20, null: false
    t.bigint "customer_id", null: false
    t.string "subject_type"
    t.bigint "subject_id"
    t.datetime "created_at", null: false
    t.datetime "updated_at", null: false
    t.bigint "total", default: 1
    t.string "channel"
    t.string "area"
    t.index ["customer_id"], name: "index_orders_on_customer_id"
  end

  add_foreign_key "orders", "customers"
end
