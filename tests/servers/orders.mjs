// A shop's GraphQL API on GraphQL Yoga, with its schema told or not: `--untold`.
// Says where it listens on its first line of output. Wants the key `k-orders-1` as a bearer token.
import { createServer } from "node:http";
import { GraphQLError, NoSchemaIntrospectionCustomRule } from "graphql";
import { createSchema, createYoga } from "graphql-yoga";

const orders = new Map();

const typeDefs = `
  "How far an order is."
  enum State { NEW PAID SENT }
  "What somebody bought."
  type Order {
    "Its number."
    id: ID!
    item: String!
    count: Int!
    state: State!
    "Fails for lamps: they are counted by hand."
    stock: Int
  }
  input OrderInput { item: String!, count: Int = 1 }
  type Query {
    orders(state: [State!], first: Int = 10): [Order!]!
    order(id: ID!): Order
  }
  type Mutation {
    createOrder(input: OrderInput!): Order!
    cancelOrder(id: ID!): Boolean
  }
  type Subscription { ticks: Int! }
`;

function known(context) {
  if (context.request.headers.get("authorization") !== "Bearer k-orders-1") {
    throw new GraphQLError("This key is not known here.", { extensions: { code: "UNAUTHENTICATED" } });
  }
}

const resolvers = {
  Query: {
    orders(_, { state, first }, context) {
      known(context);
      return [...orders.values()].filter((order) => !state || state.includes(order.state)).slice(0, first);
    },
    order(_, { id }, context) {
      known(context);
      return orders.get(id) ?? null;
    },
  },
  Order: {
    stock({ item }) {
      if (item === "lamp") throw new GraphQLError("Nobody counted the lamps.");
      return 7;
    },
  },
  Mutation: {
    createOrder(_, { input }, context) {
      known(context);
      const order = { id: String(orders.size + 1), state: "NEW", ...input };
      orders.set(order.id, order);
      return order;
    },
    cancelOrder(_, { id }) {
      throw new GraphQLError(`Order ${id} cannot be cancelled.`);
    },
  },
};

const untold = {
  onValidate({ addValidationRule }) {
    addValidationRule(NoSchemaIntrospectionCustomRule);
  },
};

const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  plugins: process.argv.includes("--untold") ? [untold] : [],
  logging: false,
});
const server = createServer(yoga);
server.listen(0, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
